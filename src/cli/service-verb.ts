import { constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { exitCodeForPerson } from '../errors.ts';
import { exampleText } from './route-verb.ts';
import { CommandFailure } from './terminal.ts';
import { show, type ProgramFiles, type Run } from './cli-session.ts';

/** `monzo-bridge service`: prints a unit of systemd; installing it is for an administrator. */
export function addServiceVerb(program: Command, run: Run): void {
  program
    .command('service')
    .description('print a unit of systemd that runs the bridge on this machine, with the steps to install it')
    .addHelpText('after', exampleText('service', '| sudo tee /etc/systemd/system/monzo-bridge.service'))
    .action(() =>
      run(async (session) => {
        const unit = serviceUnit(session.options.program);
        show(session, JSON.stringify({ unit }), () => unit);
      }),
    );
}

const user = 'monzo-bridge';
/** Made by systemd; holds `.env` and `data`, as the directory does in which a person starts the bridge. */
const home = `/var/lib/${user}`;
const unitFile = `/etc/systemd/system/${user}.service`;

/** What an administrator enters, one after the other. The first has no effect where it was done before. */
export const serviceSteps: readonly string[] = [
  `sudo useradd --system --home-dir ${home} --shell /usr/sbin/nologin ${user}`,
  `${user} service | sudo tee ${unitFile}`,
  'sudo systemctl daemon-reload',
  `sudo systemctl enable --now ${user}`,
  `sudo -u ${user} env -C ${home} ${user} link`,
];

/** `systemd-analyze security` judges it; docs/security.md quotes that. */
const closed = `# It may write below ${home} and in a /tmp of its own, and use the network: nothing else.
# MemoryDenyWriteExecute is not here, because Node compiles what it runs.
UMask=0077
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateMounts=yes
PrivateDevices=yes
PrivateUsers=yes
ProtectProc=invisible
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
KeyringMode=private
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM`;

/**
 * The text of the unit, without a line break at its end. Throws `unfit_for_a_service` where the service could not read the
 * files, or systemd not understand their paths.
 */
export function serviceUnit({ node, launcher }: ProgramFiles, modeOf = modeOnDisk): string {
  const command = [node, launcher].map((path) => inQuotes(path, modeOf)).join(' ');
  return `# ${user} as a service of systemd, written by: ${user} service
#
${serviceSteps.map((step) => `#   ${step}`).join('\n')}
#
# Settings are lines in ${home}/.env. After a change: sudo systemctl restart ${user}
# The log, and why it does not start: journalctl --unit ${user}
# Where Node or the bridge moves to another place, write this file again.

[Unit]
Description=Monzo bridge
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
User=${user}
ExecStart=${command} start
StateDirectory=${user}
StateDirectoryMode=0700
WorkingDirectory=${home}
Environment=MALLOC_ARENA_MAX=1
Restart=on-failure
RestartSec=10
# What only a person can put right, such as a wrong setting, would be the same after a restart.
RestartPreventExitStatus=${exitCodeForPerson}

${closed}

[Install]
WantedBy=multi-user.target`;
}

/** Hidden from the service, whatever their rights are. */
const hidden = /^\/(home|root|run\/user|tmp|var\/tmp)\//;
/** What stands for itself between quotes in a unit. */
const plain = /^\/[\p{L}\p{M}\p{N} /@+.,:_-]+$/u;

const install =
  'install Node.js and monzo-bridge for all users, such as below /usr or /usr/local, and run this again.';

/** The rights of a file or directory; null where it is not there. */
type ModeOf = (path: string) => number | null;

const modeOnDisk: ModeOf = (path) => statSync(path, { throwIfNoEntry: false })?.mode ?? null;

function inQuotes(path: string, modeOf: ModeOf): string {
  const why = whyUnfit(path, modeOf);
  if (why === null) return `"${path}"`;
  throw new CommandFailure('unfit_for_a_service', `${path} is needed to run the bridge, ${why}`);
}

function whyUnfit(path: string, modeOf: ModeOf): string | null {
  if (hidden.test(path)) return `which is hidden from a service. Nothing was printed: ${install}`;
  if (!plain.test(path)) return `a path that a unit of systemd cannot name. Nothing was printed: ${install}`;
  const closed = closedFor(path, modeOf);
  if (closed === null) return null;
  return `but only the owner of ${closed} may use what is there. Nothing was printed: run chmod -R o+rX ${closed}, or ${install}`;
}

/** The first directory on the way, or the file, that a user without rights of its own may not use; null where there is none. */
function closedFor(path: string, modeOf: ModeOf): string | null {
  const above = dirname(path);
  const closed = above === path ? null : closedFor(above, modeOf);
  if (closed !== null) return closed;
  const mode = modeOf(path);
  if (mode === null) return null;
  const needed = (mode & constants.S_IFMT) === constants.S_IFDIR ? 0o001 : 0o004;
  return (mode & needed) === 0 ? path : null;
}
