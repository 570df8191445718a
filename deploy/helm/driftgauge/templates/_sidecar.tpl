{{/*
For a Deployment of your own, in a chart that has this one as a dependency:

  template:
    metadata:
      labels:
        driftgauge.io/metrics: "true"
      annotations:
        checksum/driftgauge: {{ include "driftgauge.checksum" .Subcharts.driftgauge }}
    spec:
      initContainers:
        {{- include "driftgauge.sidecar" .Subcharts.driftgauge | nindent 8 }}
      containers:
        - name: model
          volumeMounts:
            - {name: driftgauge-run, mountPath: /run/driftgauge}
      volumes:
        {{- include "driftgauge.volumes" .Subcharts.driftgauge | nindent 8 }}
*/}}

{{/* The native sidecar, a list for initContainers. */}}
{{- define "driftgauge.sidecar" -}}
{{- $patch := .Files.Get "files/exporter.yaml" | fromYaml -}}
{{- include "driftgauge.container" (dict "root" . "container" (first $patch.spec.template.spec.initContainers)) }}
{{- end }}

{{/* The same for clusters older than 1.29, a list for containers. */}}
{{- define "driftgauge.classicSidecar" -}}
{{- $patch := .Files.Get "files/exporter-classic.yaml" | fromYaml -}}
{{- include "driftgauge.container" (dict "root" . "container" (first $patch.spec.template.spec.containers)) }}
{{- end }}

{{/* The sidecar's volumes, a list. */}}
{{- define "driftgauge.volumes" -}}
{{- $patch := .Files.Get "files/exporter.yaml" | fromYaml -}}
{{ toYaml $patch.spec.template.spec.volumes }}
{{- end }}

{{/* Changes with the configuration and the profiles, so that pods are rolled. */}}
{{- define "driftgauge.checksum" -}}
{{ printf "%s%s%s" (.Files.Get "files/driftgauge.yaml") (toYaml .Values.config) (toYaml .Values.profiles) | sha256sum }}
{{- end }}

{{- define "driftgauge.container" -}}
{{- $values := .root.Values -}}
{{- $container := mergeOverwrite .container (dict "image" (include "driftgauge.image" .root) "imagePullPolicy" $values.image.pullPolicy) -}}
{{- $env := $container.env -}}
{{- if $values.sidecar.token }}
{{- $env = append $env (dict "name" "DRIFTGAUGE_LISTEN__METRICS_TOKEN_FILE" "value" "/etc/driftgauge/secrets/token") }}
{{- end }}
{{- if $values.sidecar.tls }}
{{- $env = append $env (dict "name" "DRIFTGAUGE_LISTEN__METRICS_WEB_CONFIG" "value" "/etc/driftgauge/secrets/web-config.yaml") }}
{{- end }}
{{- with $values.sidecar.proxyUpstream }}
{{- $env = append $env (dict "name" "DRIFTGAUGE_PROXY__UPSTREAM" "value" .) }}
{{- $container = set $container "ports" (append $container.ports (dict "name" "proxy" "containerPort" 9000 "protocol" "TCP")) }}
{{- end }}
{{- $env = concat $env ($values.sidecar.container.env | default list) }}
{{- if $values.sidecar.livenessProbe }}
{{- $probe := dict "exec" (dict "command" (list "driftgauge" "healthcheck")) "initialDelaySeconds" 30 "periodSeconds" 20 "timeoutSeconds" 5 "failureThreshold" 3 }}
{{- $container = set $container "livenessProbe" $probe }}
{{- end }}
{{- $container = mergeOverwrite $container (omit $values.sidecar.container "env") (dict "env" $env) -}}
{{ toYaml (list $container) }}
{{- end }}
