import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { amountText } from '../domain/values.ts';

type Row = readonly string[];

/** The heading of a column whose text may go on below in a narrow terminal; the others hold ids, times and amounts. */
export interface ProseColumn {
  readonly prose: string;
}

export interface Table {
  readonly header: readonly (string | ProseColumn)[];
  readonly rows: readonly Row[];
}

/** What a verb shows: lines of text and tables, one below the other. */
export type Shown = string | Table | readonly Shown[];

export function prose(heading: string): ProseColumn {
  return { prose: heading };
}

export function table(header: Table['header'], rows: readonly Row[]): Table {
  return { header, rows };
}

/**
 * Lays out for a terminal of so many columns; null where no terminal is there, and every row is one line. Nothing is cut off:
 * texts are wrapped at spaces, and where that is not enough each row becomes a block with one value a line. Every cell is made
 * printable; strings must have gone through `printable`.
 */
export function laidOut(shown: Shown, width: number | null): string {
  if (typeof shown === 'string') return shown;
  if ('rows' in shown) return tableText(shown, width ?? Number.POSITIVE_INFINITY);
  return shown.map((one) => laidOut(one, width)).join('\n');
}

/** Replaces every character that could control a terminal or change the reading direction. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\u{fffd}');
}

/** One line of a report, with the verdict first, so that it is easy to search for. */
export function checkLine(state: string, part: string, sentence: string): string {
  return printable(`${state.padEnd(10)} ${part}${sentence === '' ? '' : `: ${sentence}`}`);
}

/** Such as "-6.05 GBP"; empty where the amount is not known. */
export function money(minor: number | null, currency: string): string {
  return minor === null ? '' : amountText(minor, currency);
}

/** One value a line; those that are not there are left out. */
export function labelled(
  values: readonly (readonly [label: string, value: string | null])[],
): readonly string[] {
  return values
    .filter(([, value]) => value !== null && value !== '')
    .map(([label, value]) => printable(`${label}: ${value}`));
}

const gap = '  ';

function tableText({ header, rows }: Table, width: number): string {
  const headings = header.map((heading) => (typeof heading === 'string' ? heading : heading.prose));
  const lines = [headings, ...rows].map((row) => headings.map((_, column) => printable(row[column] ?? '')));
  const widths = fitted(
    headings.map((_, column) => {
      const cells = lines.map((row) => row[column] ?? '');
      const natural = widest(cells);
      return { natural, least: typeof header[column] === 'string' ? natural : longestWord(cells) };
    }),
    width - gap.length * (headings.length - 1),
  );
  return widths === null
    ? blocksOf(lines, width)
    : lines.flatMap((row) => wrappedRow(row, widths)).join('\n');
}

function longestWord(cells: Row): number {
  return widest(cells.flatMap((cell) => cell.split(' ')));
}

interface Column {
  readonly natural: number;
  readonly least: number;
}

/** The widths of the columns within a total, the widest texts narrowed first; null where they do not fit. */
function fitted(columns: readonly Column[], total: number): readonly number[] | null {
  const widths = columns.map(({ natural }) => natural);
  const sum = () => widths.reduce((all, width) => all + width, 0);
  while (sum() > total) {
    const spare = widths.map((width, column) => (width > (columns[column]?.least ?? 0) ? width : 0));
    const most = Math.max(...spare);
    if (most === 0) return null;
    widths[spare.indexOf(most)] = most - 1;
  }
  return widths;
}

function wrappedRow(row: Row, widths: readonly number[]): readonly string[] {
  const cells = row.map((cell, column) => wrapAnsi(cell, widths[column] ?? 0).split('\n'));
  const height = Math.max(...cells.map(({ length }) => length));
  return Array.from({ length: height }, (_, line) =>
    cells
      .map((cell, column) => padded(cell[line] ?? '', widths[column] ?? 0))
      .join(gap)
      .trimEnd(),
  );
}

/** One value below the other, beside its heading's name; an empty line between two rows. */
function blocksOf([headings = [], ...rows]: readonly Row[], width: number): string {
  const named = widest(headings);
  const widths = [named, Math.max(1, width - named - gap.length)];
  const lines = (row: Row) =>
    row.flatMap((cell, column) => (cell === '' ? [] : wrappedRow([headings[column] ?? '', cell], widths)));
  return rows.map((row) => lines(row).join('\n')).join('\n\n');
}

function widest(texts: Row): number {
  return texts.reduce((most, one) => Math.max(most, stringWidth(one)), 0);
}

function padded(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - stringWidth(cell)));
}
