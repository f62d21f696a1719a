/** A sentence with holes for facts. It is data, so that the documents can show it with … in each hole. */
export interface Sentence<Facts> {
  /** With … for every fact; several where a fact chooses among whole sentences. */
  readonly patterns: readonly string[];
  readonly of: (facts: Facts) => string;
  /** The fact that chooses. */
  readonly by?: string;
}

/** The name of a fact that is a text or a number, or how to write one or more of them. */
type Hole<Facts> = (keyof Facts & string) | ((facts: Facts) => string);

/** Makes a sentence of a template: sentence<{ pot: string }>`“${'pot'}” is locked.` */
export function sentence<Facts>(
  texts: TemplateStringsArray,
  ...holes: readonly Hole<Facts>[]
): Sentence<Facts> {
  return {
    patterns: [texts.join('…')],
    of: (facts) =>
      texts.reduce((before, text, index) => {
        const hole = holes[index - 1];
        if (hole === undefined) return before + text;
        return before + (typeof hole === 'function' ? hole(facts) : String(facts[hole])) + text;
      }),
  };
}

type FactsBy<Fact extends string, Texts> = {
  readonly [Choice in keyof Texts]: Readonly<Record<Fact, Choice>> & FactsIn<Texts[Choice]>;
}[keyof Texts];

/** One of several sentences, chosen by a fact: sentenceBy('reason', { used: '…', expired: sentence`…` }) */
export function sentenceBy<
  Fact extends string,
  const Texts extends Readonly<Record<string, string | Sentence<never>>>,
>(fact: Fact, texts: Texts): Sentence<FactsBy<Fact, Texts>> {
  return {
    by: fact,
    patterns: Object.values(texts).flatMap(patternsIn),
    of: (facts) => textOf(texts[facts[fact] as keyof Texts & string] ?? '', facts),
  };
}

/** One reason why something is refused or fails, as every door tells it. */
export interface Refusal {
  /** Over HTTP: 4xx where the same again would be refused again, 5xx where it may work later, 202 where nothing is refused. */
  readonly status: number;
  /** What happened. */
  readonly says: string | Sentence<never>;
  /** What to do next, at the end of the sentence: behind whether money moved. */
  readonly next?: string | Sentence<never>;
  /** For the documents: what a person does about it. */
  readonly help: string;
  /** The same request may succeed later. */
  readonly retryable?: true;
  /** A person must act before it can. */
  readonly needsPerson?: true;
}

export type RefusalGroup = Readonly<Record<string, Refusal>>;

type FactsIn<Text> = Text extends Sentence<infer Facts> ? Facts : object;

/** The facts that a refusal's sentence is made of. */
export type FactsOf<Row extends Refusal> = FactsIn<Row['says']> &
  (Row extends { readonly next: infer Next } ? FactsIn<Next> : object);

/** The sentence of a refusal as a person reads it. `isUnmoved`: it was about money, and none was moved. */
export function render(
  { says, next }: Pick<Refusal, 'says' | 'next'>,
  facts: object,
  isUnmoved: boolean,
): string {
  const texts = [says, ...(isUnmoved ? ['Nothing was moved.'] : []), ...(next === undefined ? [] : [next])];
  return texts.map((text) => textOf(text, facts)).join(' ');
}

/** Whether a refusal's sentence cannot be made without facts. */
export function needsFacts({ says, next }: Refusal): boolean {
  return typeof says !== 'string' || (next !== undefined && typeof next !== 'string');
}

/** Its sentences with … in place of every fact. Beginnings and ends that one fact chooses belong together in pairs. */
export function patternsOf({ says, next }: Refusal): readonly string[] {
  const begins = patternsIn(says);
  if (next === undefined) return begins;
  const ends = patternsIn(next);
  const isPaired = typeof says !== 'string' && typeof next !== 'string' && says.by === next.by;
  return begins.flatMap((begin, place) =>
    ends.filter((_, index) => !isPaired || index === place).map((end) => `${begin} ${end}`),
  );
}

function patternsIn(text: string | Sentence<never>): readonly string[] {
  return typeof text === 'string' ? [text] : text.patterns;
}

function textOf(text: string | Sentence<never>, facts: object): string {
  return typeof text === 'string' ? text : text.of(facts as never);
}
