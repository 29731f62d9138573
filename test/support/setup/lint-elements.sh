#!/bin/sh
# Runs dib's own lint on elements/. It calls `python`, and Debian has python3 alone.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
ln -s /usr/bin/python3 "$folder/python"
# Elements alone: the folder of dib's own lib is empty here.
mkdir "$folder/lib"
PATH=$folder:$PATH ELEMENTS_DIR=elements LIB_DIR=$folder/lib dib-lint
