/** What ends a command: a sentence for the person, and a stable code for programs. */
export class CommandFailure extends Error {
  readonly code: string;
  /** The HTTP status where the bridge itself refused; null otherwise. */
  readonly status: number | null;

  constructor(code: string, sentence: string, status: number | null = null) {
    super(sentence);
    this.name = 'CommandFailure';
    this.code = code;
    this.status = status;
  }
}
