#!/usr/bin/env bash
# The whole flow under real Terraform against the local cloud: plan, apply, an empty second plan, outputs, destroy, nothing left.
#
#   bash examples/demo.sh                 runs it all and cleans up
#   bash examples/demo.sh --keep          leaves the local cloud and the applied configuration up, and says how to look at them
#   bash examples/demo.sh --package ZIP   with the provider of a release package instead of a build
set -euo pipefail

keep=false
package=""
while [ $# -gt 0 ]; do
  case "$1" in
    --keep) keep=true ;;
    --package) package=$(cd "$(dirname "${2:?--package needs a file}")" && pwd)/$(basename "$2"); shift ;;
    *) echo "usage: bash examples/demo.sh [--keep] [--package ZIP]" >&2; exit 2 ;;
  esac
  shift
done

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
target=${CARGO_TARGET_DIR:-$root/target}

if [ -t 1 ]; then
  say() { printf '\n\033[1m== %s\033[0m\n' "$1"; }
else
  say() { printf '\n== %s\n' "$1"; }
  export TF_CLI_ARGS_init=-no-color TF_CLI_ARGS_plan=-no-color TF_CLI_ARGS_apply=-no-color TF_CLI_ARGS_destroy=-no-color
  export TF_CLI_ARGS_output=-no-color TF_CLI_ARGS_state_show=-no-color
fi
fail() { printf '\n%s\n' "$1" >&2; exit 1; }

terraform=$(command -v terraform || command -v tofu || true)
[ -n "$terraform" ] || fail "terraform is missing: install Terraform (https://developer.hashicorp.com/terraform/install) or OpenTofu (https://opentofu.org/docs/intro/install)."
command -v cargo >/dev/null || fail "cargo is missing: install Rust (https://rustup.rs)."

if [ -z "$package" ]; then
  say "Building the provider (release) and the local cloud"
  cargo build --release --bin terraform-provider-konnectazure
else
  say "Building the local cloud"
fi
cargo build --example simulator

folder=$(mktemp -d)
simulator=""
cleanup() {
  status=$?
  if [ "$keep" = true ] && [ $status -eq 0 ]; then return; fi
  if [ -n "$simulator" ]; then kill "$simulator" 2>/dev/null || true; wait "$simulator" 2>/dev/null || true; fi
  rm -rf "$folder"
  exit $status
}
trap cleanup EXIT
started=$(date +%s)

say "Starting the local cloud: Entra, Microsoft Graph, Azure Resource Manager and Konnect on loopback"
"$target/debug/examples/simulator" --seed demo --ready-file "$folder/ready.json" --ca-file "$folder/ca.pem" --env-file "$folder/cloud.env" \
  2> "$folder/cloud.log" &
simulator=$!
for _ in $(seq 100); do
  [ -s "$folder/ready.json" ] && break
  kill -0 "$simulator" 2>/dev/null || { cat "$folder/cloud.log" >&2; fail "the local cloud did not start"; }
  sleep 0.1
done
[ -s "$folder/ready.json" ] || fail "the local cloud was not ready within 10 s"
ready() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" "$folder/ready.json" | sed -n 1p; }

# Only what the local cloud exports may configure the provider, never the caller's own credentials.
while read -r name; do unset "$name"; done < <(env | sed -n 's/^\(\(ARM\|AZURE\|KONNECT\|KONNECTAZURE\|TFC\)_[A-Za-z0-9_]*\)=.*/\1/p')
# shellcheck disable=SC1091
. "$folder/cloud.env"

cp examples/complete/*.tf "$folder/"
cat > "$folder/terraform.tfvars" <<VARS
subscription_id     = "$ARM_SUBSCRIPTION_ID"
resource_group_name = "rg-network"
vnet_name           = "vnet-orders"
network_name        = "eastus2-prod"
dns_server          = "10.20.0.4"
VARS
# Installed as from a registry: a filesystem mirror, in the layout that both registries use. A package is taken as it is.
if [ -z "$package" ]; then
  version=$("$target/release/terraform-provider-konnectazure" --version | sed 's/.* //')
  case "$(uname -m)" in x86_64 | amd64) architecture=amd64 ;; *) architecture=arm64 ;; esac
  platform=$(uname -s | tr '[:upper:]' '[:lower:]')_$architecture
fi
for registry in registry.terraform.io registry.opentofu.org; do
  place="$folder/mirror/$registry/konnect-azure/konnectazure"
  mkdir -p "$place"
  if [ -n "$package" ]; then
    cp "$package" "$place/"
  else
    mkdir -p "$place/$version/$platform"
    cp "$target/release/terraform-provider-konnectazure" "$place/$version/$platform/terraform-provider-konnectazure_v$version"
  fi
done
cat > "$folder/cli.tfrc" <<RC
provider_installation {
  filesystem_mirror {
    path = "$folder/mirror"
  }
}
RC
export TF_CLI_CONFIG_FILE="$folder/cli.tfrc" CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1
tf() { "$terraform" -chdir="$folder" "$@"; }
echo "Status page: $(ready control)"

say "terraform init"
tf init -input=false

say "terraform plan"
tf plan -input=false -out="$folder/plan.bin"

say "terraform apply: consent, role, assignment, peering until ready, DNS mappings"
tf apply -input=false "$folder/plan.bin"

say "terraform plan again: there must be no changes"
tf plan -input=false -detailed-exitcode || fail "the second plan is not empty"

say "What the apply left"
tf output
tf state show konnectazure_vnet_peering.orders

if [ "$keep" = true ]; then
  say "Everything is left up"
  cat <<TXT
Status page:     $(ready control)
Local cloud log: $folder/cloud.log
Work folder:     $folder
Look around:     . $folder/cloud.env; export TF_CLI_CONFIG_FILE=$folder/cli.tfrc; $terraform -chdir=$folder plan
Take it down:    . $folder/cloud.env; TF_CLI_CONFIG_FILE=$folder/cli.tfrc $terraform -chdir=$folder destroy; kill $simulator; rm -rf $folder
TXT
  exit 0
fi

say "terraform destroy"
tf destroy -input=false -auto-approve

say "What is left"
[ -z "$(tf state list)" ] || fail "the state is not empty"
# Plain bash speaks enough HTTP for one question.
control=$(ready control)
address=${control#http://}
exec 3<>"/dev/tcp/${address%%:*}/${address##*:}"
printf 'GET /leftovers HTTP/1.0\r\nHost: %s\r\n\r\n' "$address" >&3
answer=$(cat <&3)
exec 3>&-
case "$answer" in
  *'"leftovers":[]'*) ;;
  *) fail "the local cloud still holds objects that the apply made: $answer" ;;
esac
echo "nothing: no service principal, role, assignment, peering or DNS mapping of this run"
say "Done in $(( $(date +%s) - started )) s after the build"
