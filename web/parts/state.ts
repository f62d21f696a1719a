/** How it is with something, in a sentence. */
export interface State {
  readonly tone: 'calm' | 'warn' | 'bad';
  readonly sentence: string;
}
