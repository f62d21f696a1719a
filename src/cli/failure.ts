/** What ends a command: a sentence for the person, and a stable code for programs. */
export class CommandFailure extends Error {
  readonly code: string;
  /** The HTTP status where the bridge itself refused; null otherwise. */
  readonly status: number | null;

  /** What else a program is told, such as whether money moved. */
  readonly details: Readonly<Record<string, unknown>>;
  /** 1 where nothing came of it; 3 where nobody knows whether something did. */
  readonly exitCode: 1 | 3;

  constructor(
    code: string,
    sentence: string,
    { status = null, details = {}, exitCode = 1 }: FailureAnswers = {},
  ) {
    super(sentence);
    this.name = 'CommandFailure';
    this.code = code;
    this.status = status;
    this.details = details;
    this.exitCode = exitCode;
  }
}

type FailureAnswers = Partial<Pick<CommandFailure, 'status' | 'details' | 'exitCode'>>;
