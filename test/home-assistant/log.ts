/** One entry of Home Assistant's log. */
export interface LogEntry {
  readonly at: string;
  readonly level: 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL';
  /** The Python module that speaks, for example `homeassistant.components.mqtt.discovery`. */
  readonly logger: string;
  /** The message with all its further lines, such as a traceback. */
  readonly message: string;
}

const FIRST_LINE =
  /^(\d{4}-\d\d-\d\d [\d:.]+\S*) (DEBUG|INFO|WARNING|ERROR|CRITICAL) \([^)]*\) \[([^\]]+)\] (.*)$/;

/** Takes Home Assistant's log apart; lines that begin no entry belong to the one before. */
export function parseLog(text: string): readonly LogEntry[] {
  const entries: LogEntry[] = [];
  for (const line of text.split('\n')) {
    const [, at, level, logger, message] = FIRST_LINE.exec(line) ?? [];
    const last = entries.at(-1);
    if (at !== undefined && level !== undefined && logger !== undefined) {
      entries.push({ at, level: level as LogEntry['level'], logger, message: message ?? '' });
    } else if (last !== undefined && line !== '') {
      entries[entries.length - 1] = { ...last, message: `${last.message}\n${line}` };
    }
  }
  return entries;
}

const QUIET = new Set<LogEntry['level']>(['DEBUG', 'INFO']);

/** Warnings and errors that come from the mqtt integration or whose text mentions one of the words. */
export function problemsIn(entries: readonly LogEntry[], mentioning: readonly string[]): readonly LogEntry[] {
  return entries.filter(
    ({ level, logger, message }) =>
      !QUIET.has(level) &&
      (/\.mqtt(\.|$)/.test(logger) || mentioning.some((word) => message.toLowerCase().includes(word))),
  );
}
