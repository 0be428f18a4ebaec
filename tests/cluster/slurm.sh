#!/usr/bin/env bash
# Runs the array script on a real Slurm of one node: 8 tasks over 200 adapters, two of which are killed and requeued, must give the folder that one process gives.
# Needs root and Debian's packages slurm-wlm and munge, which it installs; a cluster that runs already is used as it is.
# Usage: tests/cluster/slurm.sh [COMMAND]     the published command; it is published where none is given
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d "${TMPDIR:-/tmp}/transfuse-slurm.XXXXXX")
started=
finish() { if [ -n "$started" ]; then for p in slurmctld slurmd; do kill "$(cat "$work/$p.pid")" 2>/dev/null || true; done; fi; rm -rf "$work"; }
trap finish EXIT

if ! command -v slurmctld >/dev/null; then apt-get install -y -q slurm-wlm munge >/dev/null; fi
if ! sinfo >/dev/null 2>&1; then
  host=$(hostname -s)
  mkdir -p "$work/state" "$work/spool" /run/munge /etc/slurm
  [ -f /etc/munge/munge.key ] || { head -c 1024 /dev/urandom >/etc/munge/munge.key; chown munge: /etc/munge/munge.key; chmod 400 /etc/munge/munge.key; }
  chown munge: /run/munge
  cat >/etc/slurm/slurm.conf <<CONF
ClusterName=local
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
  pgrep -x munged >/dev/null || runuser -u munge -- /usr/sbin/munged
  sleep 1; slurmctld; sleep 2; slurmd; sleep 3
  started=yes
fi

command=${1:-}
if [ -z "$command" ]; then
  dotnet publish src/Cli -c Release -r linux-x64 -o "$work/bin" >/dev/null
  command=$work/bin/transfuse
fi

# 200 adapters of 8 MB, so that a task runs long enough to be killed in the middle.
dotnet run -c Release --project benchmarks -- make-adapters "$work/runs" 200 32 4096

"$command" convert "$work/runs/*" --to mlx-lm --output "$work/alone" --quiet 2>/dev/null

cat >"$work/task.sh" <<TASK
#!/usr/bin/env bash
#SBATCH --requeue --open-mode=append --cpus-per-task=1
echo "task \$SLURM_ARRAY_TASK_ID, attempt \${SLURM_RESTART_COUNT:-0}"
TRANSFUSE=$command exec bash $PWD/deploy/slurm/transfuse-array.sh '$work/runs/*' mlx-lm '$work/shared' --quiet
TASK
job=$(sbatch --parsable --array=1-8 --output="$work/%a.log" "$work/task.sh")
echo "array $job of 8 tasks over 200 adapters"
killed=0
# Slurm begins a requeued task again only after two minutes.
for _ in $(seq 6000); do
  for task in 2 5; do
    if [ ! -f "$work/killed.$task" ] && [ "$(squeue -h -j "${job}_$task" -o %T 2>/dev/null)" = RUNNING ]; then
      scontrol requeue "${job}_$task" && touch "$work/killed.$task" && killed=$((killed + 1)) && echo "task $task killed while it ran, and requeued"
    fi
  done
  [ -n "$(squeue -h -j "$job")" ] || break
  sleep 0.05
done
[ -z "$(squeue -h -j "$job")" ] || { squeue; echo "the array did not end"; exit 1; }
cat "$work"/*.log | grep '^task' | sort | uniq -c
[ $killed = 2 ] || { echo "only $killed tasks could be killed"; exit 1; }

"$command" report --merge "$work/shared"
diff -r -x '.transfuse.*' "$work/alone" "$work/shared"
[ -z "$(find "$work/shared" -name '.*.tmp')" ] || { echo "a work folder was left"; exit 1; }
echo "the same folder as one process: $(ls "$work/shared" | wc -l) adapters"
