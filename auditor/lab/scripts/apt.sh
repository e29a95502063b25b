# Sourced: apt inside an image that is being made, with the mirror's lists, leaving no trace of either.
build_apt() {
    apt-get -q -c /run/luytre-build/apt.conf \
        -o Dir::Etc::SourceList=/run/luytre-build/sources -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists=/run/luytre-apt/lists -o Dir::Cache=/run/luytre-apt \
        -o APT::Sandbox::User=root -o APT::Install-Recommends=false -o DPkg::Options::=--force-unsafe-io \
        -o DPkg::Use-Pty=false "$@"
}
