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
export function serviceUnit({ node, launcher }: ProgramFiles): string {
  const command = [node, launcher].map(inQuotes).join(' ');
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

function inQuotes(path: string): string {
  const why = hidden.test(path)
    ? 'which is hidden from a service'
    : plain.test(path)
      ? null
      : 'a path that a unit of systemd cannot name';
  if (why === null) return `"${path}"`;
  const sentence = `${path} is needed to run the bridge, ${why}. Nothing was printed: install Node.js and monzo-bridge for all users, such as below /usr or /usr/local, and run this again.`;
  throw new CommandFailure('unfit_for_a_service', sentence);
}
