#!/bin/sh
# Applies the desired state to this machine. It follows mooring's list of stacks by long poll, takes down the stacks
# that are gone from Git, applies each one that is not what Git says, and reports what it did. README.md has the
# settings. It needs git, curl, jq and coreutils. SIGTERM ends it; the next start runs the interrupted command again.
set -u

log() { printf 'deploy: %s\n' "$*" >&2; }

# --- Settings ---------------------------------------------------------------------------------------------------------

: "${GIT_URL:?must name the repository that mooring watches}"
: "${MOORING_URL:=http://127.0.0.1:8080}"
: "${WORK_DIR:=/var/lib/mooring-deployer}"
: "${TARGET:=$(uname -n)}"
: "${COMMAND_TIMEOUT:=15m}"
: "${RETRY_SECONDS:=60}"
: "${DEPLOY_COMMAND:=docker compose up -d --remove-orphans}"
# A stack to take down has no directory any more. It is found by its project's name, which Docker keeps with containers
# and networks, so that this works without the compose file, also in a new WORK_DIR. Volumes stay: they are data.
: "${REMOVE_COMMAND:=docker compose -p \$COMPOSE_PROJECT_NAME down --remove-orphans}"

case $RETRY_SECONDS in
    [!1-9]* | *[!0-9]*) log 'RETRY_SECONDS must be a whole number from 1 on' && exit 2 ;;
esac
for tool in git curl jq sha256sum timeout; do
    command -v $tool >/dev/null || { log "$tool is needed" && exit 2; }
done
timeout "$COMMAND_TIMEOUT" true || { log 'COMMAND_TIMEOUT must be a duration such as 15m' && exit 2; }

# --- The working copy -------------------------------------------------------------------------------------------------

mkdir -p -- "$WORK_DIR/tree" && WORK_DIR=$(CDPATH='' cd -- "$WORK_DIR" && pwd) || exit 1
export GIT_DIR="$WORK_DIR/repository.git" GIT_WORK_TREE="$WORK_DIR/tree" GIT_TERMINAL_PROMPT=0

# checkout brings the working copy to the listed revision by its id, whatever ref it is on. A repository has the ids of
# one format, so another one is made when Git changes its format. The attributes keep Git's own bytes, which mooring
# hashes. A host that refuses an id is asked for every ref. There is no git clean: untracked files may be a container's
# data.
checkout() {
    format=sha1 && [ ${#revision} -eq 40 ] || format=sha256
    [ "$(git config extensions.objectFormat || echo sha1)" = $format ] || rm -rf -- "$GIT_DIR"
    GIT_DEFAULT_HASH=$format git init -q &&
        mkdir -p -- "$GIT_DIR/info" &&
        rm -f -- "$GIT_DIR"/*.lock && # a run that was killed leaves them
        echo '* -text -ident -working-tree-encoding' >"$GIT_DIR/info/attributes" || return
    git cat-file -e "$revision^{commit}" 2>/dev/null ||
        await git fetch -q --no-tags --depth 1 -- "$GIT_URL" "$revision" ||
        await git fetch -q --prune -- "$GIT_URL" '+refs/*:refs/mooring/*' || return
    await git checkout -q --force --detach "$revision" --
}

# --- Commands ---------------------------------------------------------------------------------------------------------

# A shell handles a signal during wait, and not during a command in the foreground. So long commands run under wait.
trap 'trap "" TERM INT HUP; kill "${!:-}" 2>/dev/null && wait "$!"; exit 0' TERM INT HUP

# await runs a command for at most COMMAND_TIMEOUT.
await() {
    timeout -k 5 "$COMMAND_TIMEOUT" "$@" &
    wait "$!"
}

# run DIRECTORY COMMAND runs in the background: it ends the shell. A compose file can read what is not unset here.
run() {
    unset DEPLOYER_TOKEN DEPLOYER_TOKEN_FILE MOORING_URL GIT_URL GIT_DIR GIT_WORK_TREE COMPOSE_FILE
    export STACK_PATH="$path" HASH="$hash" REVISION="$revision" COMPOSE_PROJECT_NAME
    [ "$status" = deleting ] || export COMPOSE_FILE="$file"
    # One name for each path, in the characters that Docker allows: two directories called web are two projects.
    slug=$(printf %s "$path" | LC_ALL=C tr '[:upper:]' '[:lower:]' | LC_ALL=C tr -c 'a-z0-9' - | cut -c -40)
    COMPOSE_PROJECT_NAME=mooring-$slug-$(printf %s "$path" | sha256sum | cut -c -8)
    cd -- "$1" && exec timeout -k 5 "$COMMAND_TIMEOUT" sh -c "$2" || exit
}

# --- mooring ----------------------------------------------------------------------------------------------------------

# call METHOD SUFFIX CURL_ARGUMENT… asks mooring. It leaves the answer in two files, and fails unless it is good.
call() {
    method=$1 url=${MOORING_URL%/}/api/v1/stacks$2 token=${DEPLOYER_TOKEN:-}
    shift 2
    : >"$WORK_DIR/answer"
    [ -z "${DEPLOYER_TOKEN_FILE:-}" ] || token=$(tr -d '\r\n' <"$DEPLOYER_TOKEN_FILE") # it may have been rotated
    printf 'Authorization: %s\n' "${token:+Bearer $token}" | # in no argument: ps shows those
        curl -sS -g -m 90 --connect-timeout 10 -X "$method" -H @- -H 'Content-Type: application/json' "$@" \
            -o "$WORK_DIR/answer" -D "$WORK_DIR/headers" -w '%{http_code}' "$url" >"$WORK_DIR/code" &
    wait "$!"
    code=$(cat "$WORK_DIR/code")
    case $code in
        200 | 304) return 0 ;;
    esac
    log "$method ${url#"$MOORING_URL"}: status $code $(jq -c .error.message "$WORK_DIR/answer" 2>/dev/null)"
    return 1
}

# report STATUS [MESSAGE] tells what happens to the stack. The hash and the tree say what was applied.
report() {
    jq -n --arg status "$1" --arg message "${2:-}" --arg hash "$hash" --arg tree "$tree" --arg revision "$revision" \
        --arg target "$TARGET" '{$status, $revision, $target} +
            if $status == "synced" then {$hash} + if $tree == "-" then {} else {$tree} end
            elif $message == "" then {} else {$message} end' >"$WORK_DIR/report" || return
    call PUT "/$url_path" --data-binary @"$WORK_DIR/report"
}

# said prints the last lines of what a command printed, for a report. Everybody who reads mooring's list sees them.
said() { tail -n 5 "$WORK_DIR/output" | tail -c 900; }

# --- One stack --------------------------------------------------------------------------------------------------------

# remove takes down a stack that is gone from Git. It runs in /, where no other stack's file is found.
remove() {
    run / "$REMOVE_COMMAND" &
    wait "$!" && call DELETE "/$url_path"
}

# deploy applies a stack. It reports syncing first: what mooring was told of, it never forgets, even if the stack leaves
# Git meanwhile. What the command prints goes to the log, and its last lines into the report of a failure.
deploy() {
    found=$(sha256sum <"$GIT_WORK_TREE/$path/$file") && [ "sha256:${found%% *}" = "$hash" ] ||
        { log "$path/$file is not what mooring lists: see skipped" && return 1; }
    report syncing || return
    run "$GIT_WORK_TREE/$path" "$DEPLOY_COMMAND" >"$WORK_DIR/output" 2>&1 &
    wait "$!"
    result_of_command=$?
    cat -- "$WORK_DIR/output" >&2
    if [ "$result_of_command" != 0 ]; then
        report missing "$(said) (exit code $result_of_command)"
        return 1
    fi
    report synced && jq -e .in_sync "$WORK_DIR/answer" >/dev/null
}

# --- All stacks -------------------------------------------------------------------------------------------------------

# work prints a line for each stack to work on, removals first: those that are not in sync, and those of which another
# tree was applied than Git has, because a file beside the compose file has changed, or of which no tree was reported. A
# held stack is left alone: Git does not have it, and only an operator may let it go. "-" stands for a tree that mooring
# does not know.
work() {
    jq -r '.stacks | map(select(.held == null)) |
        map(select((.in_sync | not) or (.tree != null and .applied_tree != .tree))) |
        sort_by(.status != "deleting") | .[] |
        [.status, .path, .compose_file, .hash, .tree // "-",
            (.path | select(. != ".") // "" | split("/") | map(@uri) | join("/"))] |
        join("\t")' "$WORK_DIR/feed"
}

# pass does what the list in the file feed asks for. It fails when some of it could not be done.
pass() {
    work >"$WORK_DIR/work" || return
    result=0 ready=''
    while IFS=$(printf '\t') read -r status path file hash tree url_path <&3; do # no path has a control character
        log "$path: $status, not what Git says"
        case $status in
            deleting) remove ;;
            *) [ -n "$ready" ] || checkout || return; ready=yes && deploy ;;
        esac || { log "$path: failed" && result=1; }
    done 3<"$WORK_DIR/work"
    return "$result"
}

# follow waits for a list that is not the one in the file feed, at most until what failed is due again. It asks for 25 s
# at most, because many proxies end a request after 30 or 60 s.
follow() {
    left=$((retry_at ? retry_at - $(date +%s) : 25))
    call GET "?wait=$((left < 0 ? 0 : left < 25 ? left : 25))s" -H "If-None-Match: $etag" || return
    [ "$code" = 304 ] || {
        revision=$(jq -er '.revision // ""' "$WORK_DIR/answer") &&
            mv "$WORK_DIR/answer" "$WORK_DIR/feed" &&
            etag=$(sed -n 's/\r$//; s/^[Ee][Tt]ag: *//p' "$WORK_DIR/headers")
    }
}

etag='' revision='' failed='' retry_at=0 # retry_at is 0 when nothing has failed
while :; do
    follow || {
        sleep "$((RETRY_SECONDS < 5 ? RETRY_SECONDS : 5))" &
        wait "$!"
        continue
    }
    # The deployer's own reports change the list too. A failed stack waits for another revision, or for RETRY_SECONDS.
    [ "$failed" = "$revision" ] && [ "$(date +%s)" -lt "$retry_at" ] && continue
    if pass; then
        retry_at=0
    else
        failed=$revision retry_at=$(($(date +%s) + RETRY_SECONDS))
    fi
done
