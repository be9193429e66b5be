// The module under test. Browsers take a .js file for a module where the page says so, Node only by its name: a copy.
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const source = fileURLToPath(new URL("../../../../src/django_convo/contrib/ui/static/convo_ui/convo.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "convo-"));
const copy = join(folder, "convo.mjs");
copyFileSync(source, copy);

export const { ConvoClient, ConvoError } = await import(pathToFileURL(copy).href);
rmSync(folder, { recursive: true });
