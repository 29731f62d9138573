export DISTRO_NAME=small-root
