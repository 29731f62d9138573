# A package.json with "type": "module" in a folder above would have Node.js read this file as a module, which it is not.
run='
var version = process.versions.node, file = process.argv[1], Module = require("module"), main = new Module(file)
if (parseInt(version, 10) < 18) {
  console.error("pypi: error: " + process.execPath + " is Node.js " + version +
    ": install 18 or later, or unpack one anywhere and name it in DIB_PYPI_NODE, such as /opt/node/bin/node")
  process.exit(1)
}
main.filename = file
main._compile(require("fs").readFileSync(file, "utf8").replace(/^#![^\n]*\n/, "\n"), file)
'
