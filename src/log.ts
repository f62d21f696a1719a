import { pino, type DestinationStream, type Level } from 'pino';
import { prettyFactory } from 'pino-pretty';

/** Takes a sentence, then its fields. Text from outside goes into fields, never into the sentence. */
export interface Log {
  debug(sentence: string, fields?: Fields): void;
  info(sentence: string, fields?: Fields): void;
  warn(sentence: string, fields?: Fields): void;
  error(sentence: string, fields?: Fields): void;
  /** The same log, with the name of a part of the program in each line. */
  for(part: string): Log;
}

export type Fields = Readonly<Record<string, unknown>>;
export type LogLevel = Extract<Level, 'debug' | 'info' | 'warn' | 'error'>;
export type LogFormat = 'pretty' | 'json';

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly write: (line: string) => void;
  readonly secrets: Secrets;
}

/** The secrets in use, which are replaced in log lines and documents. */
export interface Secrets {
  /** Replaces this text from now on. Short texts are ignored, because they would match everywhere. */
  conceal(secret: string): void;
  scrub(text: string): string;
}

const shortestSecret = 8;

export function createSecrets(): Secrets {
  const known = new Set<string>();
  let forms: readonly string[] = [];
  return {
    conceal: (secret) => {
      if (secret.length < shortestSecret || known.has(secret)) return;
      known.add(secret);
      // Longest first, so that the rest of a secret that begins with another one is not left behind.
      forms = [...new Set([...forms, ...formsOf(secret)])].toSorted((a, b) => b.length - a.length);
    },
    scrub: (text) => {
      let clean = text;
      for (const form of forms) clean = clean.replaceAll(form, '[concealed]');
      return clean;
    },
  };
}

/** The secret as it is, and as encoded in a URL, a form, JSON, and JSON within JSON. */
function formsOf(secret: string): readonly string[] {
  const text = secret.toWellFormed();
  const inForm = new URLSearchParams([['', text]]).toString().slice(1);
  const inJson = insideJson(secret);
  return [secret, encodeURIComponent(text), inForm, inJson, insideJson(inJson)];
}

function insideJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** A log that writes one line per call through `write`, with every known secret replaced. */
export function createLog({ level, format, write, secrets }: LogOptions): Log {
  const pretty = prettyFactory({
    colorize: false,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
  });
  const destination: DestinationStream = {
    write: (line) => {
      // Before pretty-printing, which changes how characters in a secret are escaped.
      const clean = secrets.scrub(line);
      write(format === 'pretty' ? pretty(clean) : clean);
    },
  };
  return wrap(pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination));
}

/** A log that discards everything. */
export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  for: () => silentLog,
};

function wrap(logger: pino.Logger): Log {
  return {
    debug: (sentence, fields) => logger.debug(fields ?? {}, sentence),
    info: (sentence, fields) => logger.info(fields ?? {}, sentence),
    warn: (sentence, fields) => logger.warn(fields ?? {}, sentence),
    error: (sentence, fields) => logger.error(fields ?? {}, sentence),
    for: (part) => wrap(logger.child({ part })),
  };
}
