const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A length of time in milliseconds as a person says it, in the largest unit of which it has at least two: “90 minutes”. */
export function spanText(span: number): string {
  const units = [
    [day, 'day'],
    [hour, 'hour'],
    [minute, 'minute'],
    [second, 'second'],
  ] as const;
  const [size, unit] = units.find(([one]) => span >= 2 * one) ?? ([second, 'second'] as const);
  const count = Math.round(span / size);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
