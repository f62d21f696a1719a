import { durations } from '../limits.ts';
import type { Draw } from './anonymous-text.ts';

/** Stand-ins for dates: those of rows keep their distance from each other, and any other is drawn for itself. */

const { second, day } = durations;

const dated =
  /^(?<day>\d{4}-\d{2}-\d{2})(?:T(?<time>\d{2}:\d{2}:\d{2})(?<fraction>\.\d+)?(?<zone>Z|[+-]\d{2}:\d{2}))?$/;

/** How Go writes that there is no time. */
const noYear = '0001-';

interface Written {
  /** Milliseconds, as if the zone were UTC. */
  readonly at: number;
  readonly hasTime: boolean;
  readonly fraction: string;
  readonly zone: string;
}

/** What a text says if it is a day or a timestamp as the bank writes them. */
function readDate(text: string): Written | null {
  const { day: date, time, fraction = '', zone = '' } = dated.exec(text)?.groups ?? {};
  const at = Date.parse(`${date}T${time ?? '00:00:00'}Z`);
  return Number.isNaN(at) ? null : { at, hasTime: time !== undefined, fraction, zone };
}

function writeDate({ at, hasTime, fraction, zone }: Written): string {
  const text = new Date(at).toISOString();
  return hasTime ? `${text.slice(0, 19)}${fraction}${zone}` : text.slice(0, 10);
}

/** Whether a text is a day or a timestamp, and one of some year. */
export function isDate(text: string): boolean {
  return !text.startsWith(noYear) && readDate(text) !== null;
}

/** One to ten years: into the past, so that no date lies ahead. Whole seconds, so that fractions stay as short as they were. */
const shift = { fewest: 365 * day, more: 9 * 365 * day } as const;
/** Any other date comes out in one of these years. */
const years = { from: Date.UTC(1960, 0, 1), to: Date.UTC(2015, 0, 1) } as const;
const mostDraws = 100;

export interface DateStandIns {
  /** Moved by the same time as all others. Null for what is no date. */
  readonly moved: (text: string) => string | null;
  /** Drawn for itself. Null for what is no date. */
  readonly drawn: (text: string) => string | null;
  /** Milliseconds, whole seconds of them, by which `moved` moves. */
  readonly by: number;
}

/** `taken` are texts that no stand-in may be. */
export function createDates(draw: Draw, taken: ReadonlySet<string>): DateStandIns {
  const dates = [...taken]
    .flatMap((text) => (isDate(text) ? [readDate(text)] : []))
    .filter((one) => one !== null);
  const isFree = (by: number) => dates.every((one) => !taken.has(writeDate({ ...one, at: one.at + by })));
  const shiftAt = (attempt: number) =>
    -Math.floor((shift.fewest + draw.fraction(`shift ${attempt}`) * shift.more) / second) * second;
  const shifts = Array.from({ length: mostDraws }, (_, attempt) => shiftAt(attempt));
  const by = shifts.find(isFree) ?? shiftAt(0);
  const standInFor = (text: string, write: (written: Written) => string) => {
    if (text.startsWith(noYear)) return dated.test(text) ? text : null;
    const written = readDate(text);
    return written === null ? null : write(written);
  };
  return {
    by,
    moved: (text) => standInFor(text, (written) => writeDate({ ...written, at: written.at + by })),
    drawn: (text) =>
      standInFor(text, (written) => {
        for (let attempt = 0; ; attempt += 1) {
          const other = writeDate(anyOther(written, (what) => draw.fraction(`${what} ${attempt}\n${text}`)));
          if (attempt >= mostDraws ? other !== text : !taken.has(other)) return other;
        }
      }),
  };
}

/** Midnight stays midnight, and a fraction has as many digits. */
function anyOther(written: Written, fraction: (what: string) => number): Written {
  const at = years.from + Math.floor((fraction('date') * (years.to - years.from)) / second) * second;
  const digits = String(Math.floor(fraction('fraction of date') * 1e15)).padStart(15, '0');
  return {
    ...written,
    at: written.at % day === 0 ? at - (at % day) : at,
    fraction: written.fraction.replace(/\d/g, (_digit, place: number) => digits.at(place % 15) ?? '0'),
  };
}
