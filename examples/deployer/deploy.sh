#!/bin/sh
# Applies the desired state to this machine. It follows mooring's list of stacks by long poll, takes down the
# stacks that are gone from Git, applies each one that is not in sync, and reports what it did. README.md has the
# settings. It needs git, curl, jq and coreutils. SIGTERM ends it; the next start runs the interrupted command again.
set -u; log() { printf 'deploy: %s\n' "$*" >&2; }
: "${GIT_URL:?must name the repository that mooring watches}" "${MOORING_URL:=http://127.0.0.1:8080}"
: "${WORK_DIR:=/var/lib/mooring-deployer}" "${COMMAND_TIMEOUT:=15m}" "${RETRY_SECONDS:=60}"
: "${DEPLOY_COMMAND:=docker compose up -d --remove-orphans}"
# A stack to take down has no directory any more. It is found by its project's name, which Docker keeps with containers
# and networks, so that this works without the compose file, also in a new WORK_DIR. Volumes stay: they are data.
: "${REMOVE_COMMAND:=docker compose -p \$COMPOSE_PROJECT_NAME down --remove-orphans}"
case $RETRY_SECONDS in [!1-9]* | *[!0-9]*) log 'RETRY_SECONDS must be a whole number from 1 on' && exit 2 ;; esac
for tool in git curl jq sha256sum timeout; do command -v $tool >/dev/null || { log "$tool is needed" && exit 2; }; done
timeout "$COMMAND_TIMEOUT" true || { log 'COMMAND_TIMEOUT must be a duration such as 15m' && exit 2; }
mkdir -p -- "$WORK_DIR/tree" && WORK_DIR=$(CDPATH='' cd -- "$WORK_DIR" && pwd) || exit 1
export GIT_DIR="$WORK_DIR/repository.git" GIT_WORK_TREE="$WORK_DIR/tree" GIT_TERMINAL_PROMPT=0
# Locks are left by a run that was killed. The attributes keep Git's own bytes, which mooring hashes, in the checkout.
git init -q && rm -f -- "$GIT_DIR"/*.lock && mkdir -p -- "$GIT_DIR/info" &&
    echo '* -text -ident -working-tree-encoding' >"$GIT_DIR/info/attributes" || exit 1
# A shell handles a signal during wait, and not during a command in the foreground. So long commands run under wait.
trap 'trap "" TERM INT HUP; kill "${!:-}" 2>/dev/null && wait "$!"; exit 0' TERM INT HUP
await() { timeout -k 5 "$COMMAND_TIMEOUT" "$@" & wait "$!"; }
call() { # call METHOD SUFFIX CURL_ARGUMENT…: asks mooring; leaves the answer in two files, fails unless it is good
    method=$1 url=${MOORING_URL%/}/api/v1/stacks$2 token=${DEPLOYER_TOKEN:-} && shift 2 && : >"$WORK_DIR/answer"
    [ -z "${DEPLOYER_TOKEN_FILE:-}" ] || token=$(tr -d '\r\n' <"$DEPLOYER_TOKEN_FILE") # it may have been rotated
    printf 'Authorization: %s\n' "${token:+Bearer $token}" | # in no argument: ps shows those
        curl -sS -g -m 90 --connect-timeout 10 -X "$method" -H @- -H 'Content-Type: application/json' "$@" \
            -o "$WORK_DIR/answer" -D "$WORK_DIR/headers" -w '%{http_code}' "$url" >"$WORK_DIR/code" & wait "$!"
    code=$(cat "$WORK_DIR/code") && case $code in 200 | 304) return 0 ;; esac
    log "$method ${url#"$MOORING_URL"}: status $code $(jq -c .error.message "$WORK_DIR/answer" 2>/dev/null)" && return 1
}
report() { call PUT "/$url_path" -d "{\"status\":\"$1\"${2:+,\"hash\":\"$2\"}}"; }
run() { # run DIRECTORY COMMAND, in the background: it ends the shell; a compose file can read what is not unset here
    unset DEPLOYER_TOKEN DEPLOYER_TOKEN_FILE MOORING_URL GIT_URL GIT_DIR GIT_WORK_TREE COMPOSE_FILE
    export STACK_PATH="$path" HASH="$hash" REVISION="$revision" COMPOSE_PROJECT_NAME
    [ "$status" = deleting ] || export COMPOSE_FILE="$file"
    # One name for each path, in the characters that Docker allows: two directories called web are two projects.
    slug=$(printf %s "$path" | LC_ALL=C tr '[:upper:]' '[:lower:]' | LC_ALL=C tr -c 'a-z0-9' - | cut -c -40)
    COMPOSE_PROJECT_NAME=mooring-$slug-$(printf %s "$path" | sha256sum | cut -c -8)
    cd -- "$1" && exec timeout -k 5 "$COMMAND_TIMEOUT" sh -c "$2" || exit
}
checkout() { # by the commit's id, whatever ref it is on; a host that refuses an id is asked for every ref
    git cat-file -e "$revision^{commit}" 2>/dev/null ||
        await git fetch -q --no-tags --depth 1 -- "$GIT_URL" "$revision" ||
        await git fetch -q --prune -- "$GIT_URL" '+refs/*:refs/mooring/*' || return
    await git checkout -q --force --detach "$revision" -- # but no git clean: untracked files may be a container's data
}
remove() { run / "$REMOVE_COMMAND" & wait "$!" && call DELETE "/$url_path"; } # in / no other stack's file is found
deploy() { # syncing is told before: what mooring was told of it never forgets, even if the stack leaves Git meanwhile
    found=$(sha256sum <"$GIT_WORK_TREE/$path/$file") && [ "sha256:${found%% *}" = "$hash" ] ||
        { log "$path/$file is not what mooring lists: see skipped"; return 1; }
    report syncing || return; run "$GIT_WORK_TREE/$path" "$DEPLOY_COMMAND" & wait "$!" || { report missing; return 1; }
    report synced "$hash" && jq -e .in_sync "$WORK_DIR/answer" >/dev/null
}
pass() { # does what the list in the file feed asks for, removals first; fails when some of it could not be done
    jq -r '.stacks | map(select(.in_sync | not)) | sort_by(.status != "deleting") | .[] |
        [.status, .path, .compose_file, .hash, (.path | select(. != ".") // "" | split("/") | map(@uri) | join("/"))] |
        join("\t")' "$WORK_DIR/feed" >"$WORK_DIR/work" || return
    result=0 ready=''
    while IFS=$(printf '\t') read -r status path file hash url_path <&3; do # no path has a control character
        log "$path: $status, not in sync"; case $status in
        deleting) remove ;;
        *) [ -n "$ready" ] || checkout || return; ready=yes && deploy ;;
        esac || { log "$path: failed" && result=1; }
    done 3<"$WORK_DIR/work"
    return "$result"
}
follow() { # waits for a list that is not the one in the file feed: 25 s, and not beyond the time to try again
    left=$((retry_at ? retry_at - $(date +%s) : 25)) # many proxies end a request after 30 or 60 s
    call GET "?wait=$((left < 0 ? 0 : left < 25 ? left : 25))s" -H "If-None-Match: $etag" || return
    [ "$code" = 304 ] || { revision=$(jq -er '.revision // ""' "$WORK_DIR/answer") &&
        mv "$WORK_DIR/answer" "$WORK_DIR/feed" && etag=$(sed -n 's/\r$//; s/^[Ee][Tt]ag: *//p' "$WORK_DIR/headers"); }
}
etag='' revision='' failed='' retry_at=0 # retry_at is 0 when nothing has failed
while :; do
    follow || { sleep "$((RETRY_SECONDS < 5 ? RETRY_SECONDS : 5))" & wait "$!"; continue; }
    # The deployer's own reports change the list too. A failed stack waits for another revision, or for RETRY_SECONDS.
    [ "$failed" = "$revision" ] && [ "$(date +%s)" -lt "$retry_at" ] && continue
    if pass; then retry_at=0; else failed=$revision retry_at=$(($(date +%s) + RETRY_SECONDS)); fi
done
