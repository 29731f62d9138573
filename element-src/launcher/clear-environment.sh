# Node.js and the loader act on NODE_OPTIONS, LD_PRELOAD and more: only what the hook reads goes on.
while IFS='=' read -r word rest; do
    name=${word##* }
    case $name in
        DIB_*|PYPI_*|PIP_*|UV_*|XDG_*|TMP_*_PATH|TMP_BUILD_DIR|TARGET_ROOT|PATH|HOME|USER|LC_ALL|SUDO_*|IMAGE_NAME|SOURCE_DATE_EPOCH) ;;
        *_proxy|*_PROXY|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|SSL_CERT_FILE) ;; # how pip reaches an index
        ''|[0-9]*|*[!A-Za-z0-9_]*|UID|EUID|PPID|SHELLOPTS|BASH*) ;; # no name, or one that bash does not let go
        *) unset "$name" ;;
    esac
done <<END
$(export -p)
END
