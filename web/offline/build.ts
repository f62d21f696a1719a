/** The files of one build. */
export interface Shell {
  /** Another one for every build. */
  readonly version: string;
  /** What the page of this build names, so that the page of another one is noticed. */
  readonly entry: string;
  /** Relative to the page. Their names hold a digest of their content. */
  readonly files: readonly string[];
}
