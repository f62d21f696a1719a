const form = /^v?(\d+)\.(\d+)(?:\.(\d+))?(.*)$/;

/**
 * Whether the first version is later than the second; false where one is no version. What is still tried out before a release
 * (`0.3.0-edge.2`, `2026.12.0b3`) is earlier than that.
 */
export function isNewer(version: string, than: string): boolean {
  const [own, theirs] = [numbersIn(version), numbersIn(than)];
  if (own === null || theirs === null) return false;
  const place = own.findIndex((number, index) => number !== theirs[index]);
  return place >= 0 && (own[place] ?? 0) > (theirs[place] ?? 0);
}

/** Always as many, so that they can be compared one by one. */
function numbersIn(version: string): readonly number[] | null {
  const [, major, minor, patch = '0', rest = ''] = form.exec(version) ?? [];
  if (major === undefined || minor === undefined) return null;
  const attempt = rest.replace(/^\+.*/, '');
  const [, number = '0'] = /(\d+)\D*$/.exec(attempt) ?? [];
  return [major, minor, patch, attempt === '' ? '1' : '0', number].map(Number);
}
