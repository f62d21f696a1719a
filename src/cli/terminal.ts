import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CommandFailure } from './failure.ts';

/** A stream to read from; a terminal where a person sits at it. */
export type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined };

export interface Terminal {
  /** Whether a person can be asked. */
  readonly interactive: boolean;
  /** One line on standard output. Text of strangers must have gone through `printable`. */
  say(line: string): void;
  /** One line on standard error. */
  warn(line: string): void;
  ask(question: string): Promise<string>;
  /** The same, without showing what is typed. */
  askSecret(question: string): Promise<string>;
  /** Hands on every line that is entered until the returned function is called. */
  onLine(listener: (line: string) => void): () => void;
  /** Everything on standard input. */
  readAll(): Promise<string>;
}

export interface Streams {
  readonly stdin: Input;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

/** A person's screen and keyboard, or the pipes in their place. */
export function createTerminal({ stdin, stdout, stderr }: Streams): Terminal {
  const interactive = stdin.isTTY === true;
  return {
    interactive,
    say: (line) => void stdout.write(`${line}\n`),
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

/** Text with everything in it that could steer a terminal or turn the reading direction made visible. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\u{fffd}');
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
