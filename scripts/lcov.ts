/** The number of branches of a source file, and of those that ran. */
export interface CoveredFile {
  readonly path: string;
  readonly branches: number;
  readonly hit: number;
}

export interface Room {
  readonly name: string;
  readonly branches: number;
  /** From 0 to 100. */
  readonly percent: number;
  readonly required: number;
}

/** Rooms in which an untested branch can cost money or lose an event. */
const strict: ReadonlySet<string> = new Set(['domain', 'store', 'ingest', 'commands']);
const requiredOf = (room: string) => (strict.has(room) ? 95 : 85);

/** Reads a report. A function that never ran counts as one missed branch, because the report lists none inside it. */
export function lcovFiles(report: string): readonly CoveredFile[] {
  return report.split('end_of_record').flatMap((record) => {
    const path = /^SF:(.+)$/m.exec(record)?.[1];
    if (path === undefined) return [];
    const figure = (key: string) => Number(new RegExp(`^${key}:(\\d+)$`, 'm').exec(record)?.[1] ?? 0);
    const uncalled = figure('FNF') - figure('FNH');
    return [{ path: path.replaceAll('\\', '/'), branches: figure('BRF') + uncalled, hit: figure('BRH') }];
  });
}

/** Sums the files by folder below src; the files in src itself count as one room. */
export function roomsOf(files: readonly CoveredFile[]): readonly Room[] {
  const grouped = Map.groupBy(files, ({ path }) => /^src\/([^/]+)\//.exec(path)?.[1] ?? 'src');
  return [...grouped]
    .map(([name, members]) => {
      const branches = members.reduce((sum, file) => sum + file.branches, 0);
      const hit = members.reduce((sum, file) => sum + file.hit, 0);
      return {
        name,
        branches,
        percent: branches === 0 ? 100 : (hit / branches) * 100,
        required: requiredOf(name),
      };
    })
    .toSorted((a, b) => a.name.localeCompare(b.name));
}
