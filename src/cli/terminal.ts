import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { laidOut, type Shown } from './layout.ts';

/** What ends a verb: a sentence for the person, and a stable code for programs. */
export class CommandFailure extends Error {
  readonly code: string;
  /** The HTTP status where the bridge itself refused; null otherwise. */
  readonly status: number | null;

  /** Further facts for programs, such as whether money moved. */
  readonly details: Readonly<Record<string, unknown>>;
  /** 1 where it failed; 3 where it is not known whether it took effect. */
  readonly exitCode: 1 | 3;

  constructor(
    code: string,
    sentence: string,
    { status = null, details = {}, exitCode = 1 }: FailureAnswers = {},
  ) {
    super(sentence);
    this.name = 'CommandFailure';
    this.code = code;
    this.status = status;
    this.details = details;
    this.exitCode = exitCode;
  }
}

type FailureAnswers = Partial<Pick<CommandFailure, 'status' | 'details' | 'exitCode'>>;

/** A stream to read from; a terminal where a person sits at it. */
export type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined };

/** A stream to write to; with a width where a person looks at it. */
export type Output = NodeJS.WritableStream & {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
};

export interface Terminal {
  /** Whether a person can be asked. */
  readonly interactive: boolean;
  /** Lines on standard output, as wide as the terminal. Text of strangers must have gone through `printable`, but for cells. */
  say(shown: Shown): void;
  /** One line on standard error. */
  warn(line: string): void;
  ask(question: string): Promise<string>;
  /** The same, without showing what is typed. */
  askSecret(question: string): Promise<string>;
  /** Calls back with every line that is entered, until the returned function is called. */
  onLine(listener: (line: string) => void): () => void;
  /** Everything on standard input. */
  readAll(): Promise<string>;
}

export interface Streams {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: NodeJS.WritableStream;
}

/** The screen and keyboard of a person, or the pipes in their place. */
export function createTerminal({ stdin, stdout, stderr }: Streams): Terminal {
  const interactive = stdin.isTTY === true;
  return {
    interactive,
    say: (shown) => {
      const width = stdout.isTTY === true ? (stdout.columns ?? null) : null;
      stdout.write(`${laidOut(shown, width)}\n`);
    },
    warn: (line) => void stderr.write(`${line}\n`),
    ask: (question) => askOn(stdin, stderr, question),
    askSecret: async (question) => {
      stderr.write(question);
      const answer = await askOn(stdin, unseen(), '');
      stderr.write('\n');
      return answer;
    },
    onLine: (listener) => {
      if (!interactive) return () => {};
      const reader = createInterface({ input: stdin, terminal: false });
      reader.on('line', listener);
      return () => reader.close();
    },
    readAll: async () => {
      let text = '';
      for await (const chunk of stdin) text += String(chunk);
      return text;
    },
  };
}

async function askOn(input: Input, output: NodeJS.WritableStream, question: string): Promise<string> {
  const reader = createInterface({ input, output, terminal: input.isTTY === true });
  const given = new AbortController();
  reader.once('SIGINT', () => given.abort());
  reader.once('close', () => given.abort());
  try {
    return (await reader.question(question, { signal: given.signal })).trim();
  } catch {
    throw new CommandFailure('cancelled', 'Cancelled; nothing was changed.');
  } finally {
    reader.close();
  }
}

function unseen(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}

/**
 * A text as a QR code, which a phone's camera reads from the screen. Two rows of it are in each line, in black on white
 * whatever the terminal's own colours are: many cameras do not read a code with light and dark exchanged.
 */
export async function qrPicture(text: string): Promise<string> {
  const { encodeQR } = await import('qr');
  const rows = encodeQR(text, 'raw', { ecc: 'low', border: lightModules });
  const lines = rows.flatMap((upper, index) => {
    if (index % 2 === 1) return [];
    const lower = rows[index + 1] ?? [];
    return [upper.map((isDark, column) => halves[`${isDark}-${lower[column] ?? false}`]).join('')];
  });
  return lines.map((line) => `${blackOnWhite}${line}${reset}`).join('\n');
}

/** Around the code; the standard asks for four, and cameras do with two. */
const lightModules = 2;
const halves = { 'true-true': '█', 'true-false': '▀', 'false-true': '▄', 'false-false': ' ' } as const;

/** Of the 256 colours that no theme changes. */
const blackOnWhite = '\u{1b}[38;5;16;48;5;231m';
const reset = '\u{1b}[0m';
