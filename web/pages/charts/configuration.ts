import type { ChartConfiguration } from 'chart.js';
import { placesOf } from '../../../src/domain/values.ts';
import { money } from '../../format.ts';

/** A colour of the page, by the name of its custom property. */
export type ColourName = `--${string}`;

/** One row of amounts in whole minor units, one for each label; null where there is nothing to draw. */
export interface Series {
  readonly name: string;
  readonly amounts: readonly (number | null)[];
  /** The main series, or one to compare it with. */
  readonly tone: 'main' | 'past';
  /** Of bars, where another colour says what they are. */
  readonly colour?: ColourName;
  /** Which segments, by the index of their end, are calculated and drawn dashed. */
  readonly isGuess?: readonly boolean[];
}

export interface Drawing {
  /** `bar` has its series side by side, `stack` one on the other, `rows` lie. */
  readonly kind: 'line' | 'bar' | 'stack' | 'rows';
  readonly labels: readonly string[];
  /** The same, short enough for an axis. */
  readonly ticks: readonly string[];
  readonly series: readonly Series[];
  readonly currency: string;
  /** What is drawn, for screen readers. */
  readonly label: string;
  /** The bar of this label and series was chosen, by their indexes. */
  readonly onChoose?: (label: number, series: number) => void;
}

/** Whether there is nothing to see: no label, or no amount but nothing at all. A balance of nothing is something. */
export function isBlank({ kind, labels, series }: Drawing): boolean {
  const isNothing = (amount: number | null) => amount === null || (kind !== 'line' && amount === 0);
  return labels.length === 0 || series.every(({ amounts }) => amounts.every(isNothing));
}

export interface Colours {
  readonly main: string;
  readonly wash: string;
  readonly past: string;
  readonly line: string;
  readonly text: string;
  readonly surface: string;
  readonly font: string;
  /** Any other colour of the page. */
  readonly named: (name: ColourName) => string;
}

/** The chart library's configuration. */
export function configurationFor(drawing: Drawing, colours: Colours): ChartConfiguration {
  const isLine = drawing.kind === 'line';
  return {
    type: isLine ? 'line' : 'bar',
    data: {
      labels: [...drawing.labels],
      datasets: drawing.series.map((series) => (isLine ? line(series, colours) : bars(series, colours))),
    },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      indexAxis: drawing.kind === 'rows' ? 'y' : 'x',
      interaction: interactionOf(drawing),
      font: { family: colours.font },
      ...choosing(drawing),
      scales: scalesFor(drawing, colours),
      plugins: { tooltip: tooltipFor(drawing, colours) },
    },
  };
}

/** One part of a stack is told of by itself; elsewhere all that stands at one label. */
function interactionOf({ kind }: Drawing) {
  if (kind === 'stack') return { mode: 'nearest', intersect: true } as const;
  return { mode: 'index', intersect: false, axis: kind === 'rows' ? 'y' : 'x' } as const;
}

function choosing({ kind, onChoose }: Drawing): NonNullable<ChartConfiguration['options']> {
  if (onChoose === undefined) return {};
  return {
    onClick: ({ native }, _elements, chart) => {
      if (native === null) return;
      const at = (intersect: boolean) =>
        chart.getElementsAtEventForMode(native, 'nearest', { intersect }, true).at(0);
      // Beside a small bar the nearest one is meant; beside a part of a stack, none.
      const chosen = at(true) ?? (kind === 'stack' ? undefined : at(false));
      if (chosen) onChoose(chosen.index, chosen.datasetIndex);
    },
    onHover: (_event, elements, { canvas }) => {
      canvas.style.cursor = elements.length === 0 ? '' : 'pointer';
    },
  };
}

type Dataset = ChartConfiguration['data']['datasets'][number];

function line({ name, amounts, tone, isGuess }: Series, colours: Colours): Dataset {
  const isMain = tone === 'main';
  return {
    type: 'line',
    label: name,
    data: [...amounts],
    borderColor: isMain ? colours.main : colours.past,
    backgroundColor: colours.wash,
    fill: isMain ? 'start' : false,
    borderWidth: isMain ? 2 : 1.25,
    // A single point makes no line.
    pointRadius: amounts.filter((amount) => amount !== null).length === 1 ? 3 : 0,
    pointHitRadius: 12,
    segment: { borderDash: ({ p1DataIndex }) => (isGuess?.[p1DataIndex] === true ? [4, 4] : undefined) },
  };
}

function bars({ name, amounts, tone, colour }: Series, colours: Colours): Dataset {
  const plain = tone === 'main' ? colours.main : colours.past;
  return {
    type: 'bar',
    label: name,
    // Nothing has no bar.
    data: amounts.map((amount) => (amount === 0 ? null : amount)),
    backgroundColor: colour === undefined ? plain : colours.named(colour),
    borderColor: colours.surface,
    borderRadius: 3,
    // However small an amount is, its bar can be pointed at.
    minBarLength: 2,
    maxBarThickness: 24,
  };
}

function scalesFor(drawing: Drawing, colours: Colours) {
  const { kind, ticks } = drawing;
  const words = { color: colours.text, font: { family: colours.font, size: 12 } } as const;
  const isStacked = kind === 'stack';
  const amounts = {
    ...rangeOf(drawing),
    stacked: isStacked,
    beginAtZero: kind !== 'line',
    grid: { color: colours.line, tickLength: 0 },
    border: { display: false },
    ticks: {
      ...words,
      // Marks lie at whole minor units.
      precision: 0,
      maxTicksLimit: kind === 'rows' ? 4 : 6,
      padding: 8,
      callback: markOf(drawing),
    },
  };
  const names = {
    stacked: isStacked,
    grid: { display: false },
    border: { color: colours.line },
    ticks: {
      ...words,
      autoSkip: kind !== 'rows',
      maxRotation: 0,
      autoSkipPadding: 16,
      callback: (_value: string | number, index: number) => ticks[index] ?? '',
    },
  };
  return kind === 'rows' ? { x: amounts, y: names } : { x: names, y: amounts };
}

/** One major unit in minor ones. */
const unitOf = (currency: string) => 10 ** placesOf(currency);

/** A line that stays where it is has room above and below, instead of marks that differ by a hundredth. */
export function rangeOf({ kind, series, currency }: Drawing) {
  const all = series.flatMap(({ amounts }) => amounts.filter((amount) => amount !== null));
  const [least, most] = [Math.min(...all), Math.max(...all)];
  if (kind !== 'line' || all.length === 0 || least !== most) return {};
  const room = 5 * unitOf(currency);
  return { suggestedMin: least - room, suggestedMax: most + room };
}

/** Marks are in whole major units, unless they lie closer together: no two of them say the same. */
export function markOf({ currency }: Drawing) {
  const unit = unitOf(currency);
  return (value: string | number, _index: number, marks: readonly { readonly value: number }[]) => {
    const isWhole = marks.every((mark) => mark.value % unit === 0);
    return money(Number(value), currency, isWhole ? { round: true } : {});
  };
}

interface Shown {
  readonly dataset: { readonly label?: string | undefined };
  readonly raw: unknown;
}

function tooltipFor({ currency, labels }: Drawing, colours: Colours) {
  return {
    backgroundColor: colours.surface,
    borderColor: colours.line,
    borderWidth: 1,
    titleColor: colours.text,
    bodyColor: colours.text,
    displayColors: false,
    padding: 10,
    callbacks: {
      title: (items: readonly { readonly dataIndex: number }[]) => labels[items[0]?.dataIndex ?? 0] ?? '',
      label: ({ dataset, raw }: Shown) =>
        `${dataset.label ?? ''}: ${money(typeof raw === 'number' ? raw : null, currency)}`,
    },
  };
}
