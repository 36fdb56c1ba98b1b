// The program of the panel as one module, joined in the order that the package says.
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const folder = new URL("../../fairlens/widgets/", import.meta.url);
const order = readFileSync(new URL("_program.py", folder), "utf8").match(/_FILES = \(([^)]*)\)/)[1].match(/[\w.]+\.js/g);
const path = join(mkdtempSync(join(tmpdir(), "program-")), "program.mjs");
writeFileSync(path, order.map((name) => readFileSync(new URL(`js/${name}`, folder), "utf8")).join("\n"));

export default await import(pathToFileURL(path).href);
