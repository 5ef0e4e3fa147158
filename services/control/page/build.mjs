// Bundles the page and writes it as C++: node build.mjs OUTPUT.cpp. Nothing is fetched when it runs, or when the page does.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';

const here = path.dirname(fileURLToPath(import.meta.url));
const [output] = process.argv.slice(2);

const { outputFiles } = await esbuild.build({
  entryPoints: [path.join(here, 'src/main.jsx'), path.join(here, 'src/page.css')],
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  outdir: here,
  write: false,
  logLevel: 'warning'
});
const bundled = (ending) => outputFiles.find(({ path: name }) => name.endsWith(ending)).text;

const files = [
  ['/', 'text/html; charset=utf-8', fs.readFileSync(path.join(here, 'src/index.html'), 'utf8')],
  ['/page.js', 'text/javascript; charset=utf-8', bundled('.js')],
  ['/page.css', 'text/css; charset=utf-8', bundled('.css')],
  ['/icon.svg', 'image/svg+xml', fs.readFileSync(path.join(here, 'src/icon.svg'), 'utf8')]
];

// Octal escapes end by themselves, unlike hexadecimal ones; short literals, because compilers bound them.
const literal = (text) =>
  Buffer.from(text)
    .toString('latin1')
    .match(/[^]{1,100}/g)
    .map((part) => `    "${part.replace(/[^ !#-&(-[\]-~]|\?/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`)}"`)
    .join('\n');
const entries = files.map(([name, type, text]) => {
  const etag = crypto.createHash('sha256').update(text).digest('base64url').slice(0, 16);
  return `  {"${name}", "${type}", "\\"${etag}\\"",\n${literal(text)}},`;
});
fs.writeFileSync(
  output,
  `#include "web/page.hpp"

namespace linekeeper::control {
namespace {
constexpr PageFile kFiles[] = {
${entries.join('\n')}
};
}  // namespace

const std::span<const PageFile> kPage = kFiles;

}  // namespace linekeeper::control
`
);
