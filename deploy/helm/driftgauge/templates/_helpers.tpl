{{/* Labels that every object has: (dict "root" . "component" "monitoring") */}}
{{- define "driftgauge.labels" -}}
app.kubernetes.io/name: driftgauge
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/part-of: driftgauge
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- with .root.Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* An object out of a file of deploy/k8s: (dict "root" . "file" "files/x.yaml" "labels" (dict) "component" "exporter") */}}
{{- define "driftgauge.object" -}}
{{- $object := .root.Files.Get .file | fromYaml -}}
{{- if not $object.kind }}{{ fail (printf "%s: %s" .file (toYaml $object)) }}{{ end -}}
{{- $labels := include "driftgauge.labels" . | fromYaml -}}
{{- $metadata := dict "namespace" .root.Release.Namespace "labels" (mergeOverwrite $labels ($object.metadata.labels | default dict) (.labels | default dict)) -}}
{{- toYaml (mergeOverwrite $object (dict "metadata" $metadata)) -}}
{{- end }}

{{/* The image with its tag. */}}
{{- define "driftgauge.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
