// Validates custom resources with the validators that npm packages generate from the projects' definitions.
// node validate.mjs FOLDER < objects.json   FOLDER has node_modules; prints what is wrong, a line each.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const PACKAGES = { "monitoring.coreos.com": "prometheus-operator", "argoproj.io": "argo-rollouts" };
const root = join(process.argv[2], "node_modules", "@kubernetes-models");

for (const object of JSON.parse(readFileSync(0, "utf8"))) {
  const [group, version] = object.apiVersion.split("/");
  const file = join(root, PACKAGES[group], group, version, `${object.kind}.js`);
  const model = (await import(pathToFileURL(file).href))[object.kind];
  try {
    new model(object).validate();
  } catch (error) {
    console.log(`${object.kind} ${object.metadata?.name}: ${error.message}`);
  }
}
