// What `types: ["node"]` is in element-src: what Node.js 18 has. By a folder of types of our own, since its types name the
// package "node", which would be looked for in node_modules, and be that of a newer Node.js.
/// <reference path="../../../node_modules/@types/node-18/index.d.ts" />
