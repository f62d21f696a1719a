import { spawn } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cleaner } from '../support/process.ts';
import type { FileUse, Permission } from './apparmor-rules.ts';
import { image } from './build.ts';
import { mustPodman, podman } from './tools.ts';

/** Names paths, or descriptors of files; all other calls say nothing about a file that AppArmor would ask about. */
const traced = '%file,mmap,fcntl,flock,fchmod,fchown';

/** Ready for a program: what a container engine mounts into the image, in a space of mounts that ends with the program. */
const enter = `
mount -t proc proc "$ROOT/proc" && mount --rbind /dev "$ROOT/dev" && mount --rbind /sys "$ROOT/sys" &&
mount -t tmpfs tmpfs "$ROOT/tmp" && mount --bind "$DATA" "$ROOT/data" && cd / &&
exec strace -ff -y -qq --seccomp-bpf -s 400 -e trace=${traced} -e signal=none -o "$TRACES/trace" \\
  env -i "$@"
`;

export interface TracedRun {
  readonly output: () => string;
  readonly ended: Promise<number | null>;
  /** The files that the program and everything it started used. Only after it has ended. */
  uses(): readonly FileUse[];
}

export interface TracedImage {
  /** Runs words in the image as root, with these variables beside the image's own. Its process ids are this machine's. */
  run(words: readonly string[], environment: Readonly<Record<string, string>>): TracedRun;
}

/** The files of the image under test, as a container has them, with a directory of this machine as `/data`. */
export async function traceImage(t: Cleaner, data: string): Promise<TracedImage> {
  const container = await mustPodman('create', image);
  t.after(() => podman(['rm', '--force', container]));
  const root = await mustPodman('mount', container);
  const own = JSON.parse(
    await mustPodman('inspect', '--format', '{{json .Config.Env}}', container),
  ) as string[];
  for (const place of ['proc', 'dev', 'sys']) mkdirSync(join(root, place), { recursive: true });
  writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost supervisor homeassistant\n');
  writeFileSync(join(root, 'etc/resolv.conf'), 'nameserver 127.0.0.1\noptions attempts:1 timeout:1\n');
  return {
    run: (words, environment) => {
      const traces = mkdtempSync(join(tmpdir(), 'monzo-bridge-trace-'));
      t.after(() => rmSync(traces, { recursive: true, force: true }));
      const variables = [...own, ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)];
      const program = [...variables, '/usr/sbin/chroot', root, ...words];
      const child = spawn(
        'unshare',
        ['--mount', '--propagation', 'private', 'sh', '-c', enter, 'sh', ...program],
        {
          env: { PATH: process.env['PATH'], ROOT: root, DATA: data, TRACES: traces },
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
      t.after(() => child.kill('SIGKILL'));
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => (output += text));
      return {
        output: () => output,
        ended: new Promise((resolve) => child.once('close', resolve)),
        uses: () =>
          usesIn(
            globSync('trace.*', { cwd: traces }).map((name) => readFileSync(join(traces, name), 'utf8')),
            { root, program: words[0] ?? '' },
          ),
      };
    },
  };
}

interface Call {
  readonly words: string;
  readonly result: string;
}

/** `/a/b` in `"/a/b"` or in `4</a/b>`. */
const quoted = /"([^"]*)"/g;
const described = /<(\/[^>]*)>/;

const at =
  (...permissions: readonly Permission[]) =>
  ({ words }: Call): readonly FileUse[] => {
    const [directory = ''] = described.exec(words)?.slice(1) ?? [];
    return [...words.matchAll(quoted)].flatMap(([, path = '']) =>
      permissions.map((permission) => ({
        path: path.startsWith('/') ? path : `${directory}/${path}`,
        permission,
      })),
    );
  };
const onDescriptor =
  (permission: Permission, isMeant: RegExp = /^/) =>
  ({ words }: Call): readonly FileUse[] => {
    const [, path] = described.exec(words) ?? [];
    return path === undefined || !isMeant.test(words) ? [] : [{ path, permission }];
  };

function opened({ words, result }: Call): readonly FileUse[] {
  const [, path] = described.exec(result) ?? [];
  if (path === undefined || words.includes('O_PATH')) return [];
  const whole = words.includes('O_DIRECTORY') && path !== '/' ? `${path}/` : path;
  const permissions: readonly Permission[] = [
    ...(/O_RDONLY|O_RDWR/.test(words) ? (['r'] as const) : []),
    ...(/O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/.test(words) ? (['w'] as const) : []),
  ];
  return permissions.map((permission) => ({ path: whole, permission }));
}

const asDirectory = (call: Call) => at('w')(call).map((use) => ({ ...use, path: `${use.path}/` }));

/** What each call uses; all others, such as those that only look whether a file is there, are asked about by nobody. */
const meanings: Readonly<Record<string, (call: Call) => readonly FileUse[]>> = {
  open: opened,
  openat: opened,
  openat2: opened,
  creat: opened,
  execve: (call) => at('x')(call).slice(0, 1),
  mkdir: asDirectory,
  mkdirat: asDirectory,
  rmdir: asDirectory,
  unlink: at('w'),
  unlinkat: at('w'),
  rename: at('r', 'w'),
  renameat: at('r', 'w'),
  renameat2: at('r', 'w'),
  link: at('r', 'w'),
  linkat: at('r', 'w'),
  symlink: (call) => at('w')(call).slice(1),
  symlinkat: (call) => at('w')(call).slice(1),
  chmod: at('w'),
  fchmodat: at('w'),
  chown: at('w'),
  lchown: at('w'),
  fchownat: at('w'),
  utimensat: at('w'),
  truncate: at('w'),
  fchmod: onDescriptor('w'),
  fchown: onDescriptor('w'),
  flock: onDescriptor('k'),
  fcntl: onDescriptor('k', /F_(OFD_)?SETLKW?\b/),
  mmap: onDescriptor('m', /PROT_EXEC/),
};

/**
 * The files that a program used with success, by their paths below the root, from the traces of its processes and threads.
 * What came before the program itself was started is left out.
 */
export function usesIn(
  traces: readonly string[],
  { root, program }: { readonly root: string; readonly program: string },
): readonly FileUse[] {
  const uses = traces
    .flatMap((trace) => trace.slice(Math.max(trace.indexOf(`execve("${program}"`), 0)).split('\n'))
    .flatMap((line) => {
      const [, name = '', words = '', result = ''] = /^(\w+)\((.*)\)\s+= (.*)$/.exec(line) ?? [];
      return result === '' || result.startsWith('-1') ? [] : (meanings[name]?.({ words, result }) ?? []);
    })
    .map(({ path, permission }) => ({
      path: path === root ? '/' : path.startsWith(`${root}/`) ? path.slice(root.length) : path,
      permission,
    }));
  // Most calls do not say that what they name is a directory; some other call does.
  const known = new Set(uses.map(({ path }) => path));
  const all = uses.map((use) => (known.has(`${use.path}/`) ? { ...use, path: `${use.path}/` } : use));
  return [...new Map(all.map((use) => [`${use.permission} ${use.path}`, use])).values()];
}
