#!/usr/bin/env bash
# Makes the tree behind `mestral demo` by really running Autosubmit: some workflows on this machine, others on a pretend
# Slurm cluster (demo/pretend_slurm.py) that Autosubmit reaches over ssh on the loopback.
#
#   make_demo.sh HOME_DIR AUTOSUBMIT_BIN_DIR [AUTOSUBMIT_BIN_DIR ...]
#
# Every Autosubmit given (oldest first; the bin directory of its virtual environment) adds its own experiments to
# HOME_DIR/autosubmit. Versions before 4.1.12 make one local run; later ones a local run with a failing branch, a wrapped run
# on the cluster made twice, and one that never ran; the last but one (or the only one) also a forecast that is stopped half way.
# Autosubmit writes absolute paths, the user and the host into nearly every file, so run this as a throw-away user, e.g.
#
#   useradd -m demo
#   unshare --uts sh -c 'hostname login1; runuser -u demo -- tools/make_demo.sh /home/demo /opt/as41/bin /opt/as42/bin'
#
# which leaves only /home/demo in them and nothing to scrub. Then tools/pack_demo.py makes the archive.
# Needs openssh-server and python3. Takes about ten minutes.
set -u
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(realpath -m "$1"); shift
PORT=${SSH_PORT:-18622}
STOP_AFTER=${STOP_AFTER:-65}
HPC=TRAMUNTANA
export HOME=$ROOT USER LC_ALL=C.UTF-8 SQLALCHEMY_SILENCE_UBER_WARNING=1
USER=$(id -un)
BASE_PATH=$ROOT/bin:/usr/local/bin:/usr/bin:/bin
mkdir -p "$ROOT"/{bin,.ssh,scratch/climate/"$USER"}
cd "$ROOT" || exit 1
chmod 700 .ssh

pretend_cluster() {
  install -m 755 "$HERE/demo/pretend_slurm.py" bin/pretend_slurm.py
  local command
  for command in sbatch sacct squeue scancel scontrol; do ln -sf pretend_slurm.py "bin/$command"; done
  [ -f .ssh/id_demo ] || ssh-keygen -q -t ed25519 -N '' -C demo -f .ssh/id_demo
  [ -f .ssh/host_key ] || ssh-keygen -q -t ed25519 -N '' -C demo -f .ssh/host_key
  cp .ssh/id_demo.pub .ssh/authorized_keys
  cat > .ssh/config <<CONFIG
Host tramuntana
  HostName 127.0.0.1
  Port $PORT
  User $USER
  IdentityFile $ROOT/.ssh/id_demo
CONFIG
  cat > .ssh/sshd_config <<CONFIG
ListenAddress 127.0.0.1:$PORT
HostKey $ROOT/.ssh/host_key
AuthorizedKeysFile $ROOT/.ssh/authorized_keys
PidFile none
StrictModes no
UsePAM no
MaxStartups 50
MaxSessions 50
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
SetEnv HOME=$ROOT PATH=$BASE_PATH
CONFIG
  [ "$(id -u)" = 0 ] && mkdir -p /run/sshd
  "$(command -v sshd || echo /usr/sbin/sshd)" -D -f .ssh/sshd_config 2> .ssh/sshd.log &
  SSHD=$!
  trap 'kill "$SSHD" 2>/dev/null' EXIT
}

autosubmit_quietly() {  # arguments of autosubmit
  echo "-- autosubmit $*"
  timeout "${RUN_TIMEOUT:-900}" autosubmit "$@" > last.log 2>&1 < /dev/null
  echo "   exit code $?"
}

new_experiment() {  # platform, description, more options of expid; prints the expid
  local platform=$1 description=$2; shift 2
  autosubmit expid -min -H "$platform" -d "$description" "$@" 2>&1 < /dev/null |
    sed 's/\x1b\[[0-9;]*m//g' | sed -n 's/^.*Experiment \([a-z0-9]\{4,\}\) created.*$/\1/p' | tail -1
}

configure() {  # expid, platform, template, dates, members, chunks, [value for @FAILING@]
  local conf=$ROOT/autosubmit/$1/conf
  mkdir -p "$conf/extra"
  cat > "$conf/minimal.yml" <<YAML
CONFIG:
  AUTOSUBMIT_VERSION: $VERSION
  TOTALJOBS: 24
  MAXWAITINGJOBS: 24
  SAFETYSLEEPTIME: 2
  RETRIALS: 0
DEFAULT:
  EXPID: $1
  HPCARCH: $2
  CUSTOM_CONFIG:
    PRE: "%ROOTDIR%/conf/extra/model.yml"
    POST: "%ROOTDIR%/conf/extra/platforms.yml"
PROJECT:
  PROJECT_TYPE: none
  PROJECT_DESTINATION: ''
EXPERIMENT:
  DATELIST: "$4"
  MEMBERS: "$5"
  CHUNKSIZEUNIT: month
  SPLITSIZEUNIT: day
  CHUNKSIZE: 1
  NUMCHUNKS: $6
  CHUNKINI: ''
  CALENDAR: standard
YAML
  cat > "$conf/extra/model.yml" <<'YAML'
MODEL:
  NAME: toy-earth
  RESOLUTION: "T%SITE.LEVEL%L91"
SITE:
  LEVEL: 255
  LABEL: "run-%DEFAULT.EXPID%"
YAML
  cat > "$conf/extra/platforms.yml" <<YAML
SITE:
  LEVEL: 511
PLATFORMS:
  $HPC:
    TYPE: slurm
    HOST: tramuntana
    PROJECT: climate
    USER: $USER
    QUEUE: gp_climate
    SCRATCH_DIR: $ROOT/scratch
    MAX_WALLCLOCK: "48:00"
    TEMP_DIR: ""
    PROCESSORS_PER_NODE: 16
    MAX_PROCESSORS: 256
YAML
  sed "s/@FAILING@/${7:-none}/" "$HERE/demo/$3.yml" > "$conf/jobs.yml"
}

local_run() {  # template, description, dates, members, chunks, [failing branch]
  local expid; expid=$(new_experiment local "$2")
  configure "$expid" LOCAL "$1" "$3" "$4" "$5" "${6:-none}"
  autosubmit_quietly create "$expid" -np
  autosubmit_quietly run "$expid"
}

wrapped_runs() {  # description, dates, members, chunks
  local expid; expid=$(new_experiment "$HPC" "$1")
  configure "$expid" "$HPC" ensemble "$2" "$3" "$4"
  autosubmit_quietly create "$expid" -np
  autosubmit_quietly run "$expid"
  autosubmit_quietly setstatus "$expid" -s -np -nt -fs COMPLETED -t WAITING
  autosubmit_quietly create "$expid" -np
  autosubmit_quietly run "$expid"
}

never_run() {  # description, dates, members, chunks
  local expid; expid=$(new_experiment "$HPC" "$1")
  configure "$expid" "$HPC" scenario "$2" "$3" "$4"
  autosubmit_quietly create "$expid" -np -cw
}

stopped_run() {  # description, dates, members, chunks
  local expid run; expid=$(new_experiment "$HPC" "$1" -op)
  configure "$expid" "$HPC" forecast "$2" "$3" "$4"
  autosubmit_quietly create "$expid" -np
  echo "-- autosubmit run $expid, stopped after $STOP_AFTER s"
  setsid autosubmit run "$expid" > last.log 2>&1 < /dev/null & run=$!
  sleep "$STOP_AFTER"
  kill -KILL -- "-$run"; wait "$run" 2>/dev/null
}

pretend_cluster
number=0
for BIN in "$@"; do
  number=$((number + 1))
  export PATH=$BIN:$BASE_PATH
  VERSION=$(autosubmit -v 2>/dev/null | tail -1)
  echo "### Autosubmit $VERSION"
  [ -f .autosubmitrc ] || { autosubmit_quietly configure; autosubmit_quietly install; }
  case $VERSION in
  3.*|4.0.*|4.1.?|4.1.10|4.1.11)
    local_run control "Control run 1850, T255L91, spin-up of the ocean" 18500101 r1 4
    continue;;
  4.1.*)
    local_run hindcast "Seasonal hindcast 1993-1994, three members, unstable ocean in the first one" \
      "19931101 19941101" "fc0 fc1 fc2" 3 fc0-2
    wrapped_runs "Historical ensemble 1980, vertical wrappers on $HPC, repeated after a bug in the aerosols" \
      19800101 "r1i1p1f1 r2i1p1f1 r3i1p1f1" 4
    never_run "SSP2-4.5 scenario 2015-2024, waiting for its allocation on $HPC" \
      20150101 "r1i1p1f1 r2i1p1f1" 5;;
  *)
    local_run hindcast "Decadal prediction 2021-2022 with ocean initialisation, first member fails its quality check" \
      "20211101 20221101" "r1 r2 r3" 3 r1-2
    wrapped_runs "Storyline of the 2003 heat wave, nudged, vertical wrappers on $HPC" \
      20030601 "s1 s2" 4
    never_run "Ocean reanalysis with data assimilation, horizontal wrappers, to be started" \
      20200101 "da0 da1 da2 da3" 4;;
  esac
  if [ "$number" = $(( $# > 1 ? $# - 1 : 1 )) ]; then
    stopped_run "Operational seasonal forecast, November start, ten members" 20261101 \
      "fc0 fc1 fc2 fc3 fc4 fc5 fc6 fc7 fc8 fc9" 4
  fi
done
rm -f last.log
ls autosubmit
