# For vendor.sh and dist.sh.
LC_ALL=C
export LC_ALL
fail() { echo "$*" >&2; exit 1; }

# `differing FOLDER` names the files of an element that are not as its pypi-manifest.sha256 says.
# A first line that names an interpreter does not count, since brp-mangle-shebangs of rpmbuild changes it.
differing() (
    cd "$1"
    while read -r sum path; do
        [ -f "$path" ] && [ "$(sed '1{/^#!/d;}' "$path" | sha256sum)" = "$sum  -" ] || echo "$path"
    done <pypi-manifest.sha256
)
