import type { ChartConfiguration } from 'chart.js';
import { money } from '../../format.ts';

/** One row of amounts in whole minor units, one for each label; null where there is nothing to draw. */
export interface Series {
  readonly name: string;
  readonly amounts: readonly (number | null)[];
  /** The main series, or one to compare it with. */
  readonly tone: 'main' | 'past';
  /** Which segments, by the index of their end, are calculated and drawn dashed. */
  readonly isGuess?: readonly boolean[];
}

export interface Drawing {
  readonly kind: 'line' | 'bar' | 'rows';
  readonly labels: readonly string[];
  /** The same, short enough for an axis. */
  readonly ticks: readonly string[];
  readonly series: readonly Series[];
  readonly currency: string;
  /** What is drawn, for screen readers. */
  readonly label: string;
  /** The label at this index was chosen. */
  readonly onChoose?: (index: number) => void;
}

export interface Colours {
  readonly main: string;
  readonly wash: string;
  readonly past: string;
  readonly line: string;
  readonly text: string;
  readonly surface: string;
  readonly font: string;
}

/** The colours of the page as they are at an element, in the theme that is on. */
export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    main: read('--accent'),
    wash: read('--wash'),
    past: read('--edge'),
    line: read('--line'),
    text: read('--soft'),
    surface: read('--surface'),
    font: style.fontFamily,
  };
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
      interaction: { mode: 'index', intersect: false, axis: drawing.kind === 'rows' ? 'y' : 'x' },
      font: { family: colours.font },
      onClick: (_event, elements) => {
        const [chosen] = elements;
        if (chosen) drawing.onChoose?.(chosen.index);
      },
      scales: scalesFor(drawing, colours),
      plugins: { tooltip: tooltipFor(drawing, colours) },
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

function bars({ name, amounts }: Series, colours: Colours): Dataset {
  return {
    type: 'bar',
    label: name,
    data: [...amounts],
    backgroundColor: colours.main,
    borderRadius: 4,
    maxBarThickness: 24,
  };
}

function scalesFor({ kind, currency, ticks }: Drawing, colours: Colours) {
  const words = { color: colours.text, font: { family: colours.font, size: 12 } } as const;
  const amounts = {
    beginAtZero: kind !== 'line',
    grid: { color: colours.line, tickLength: 0 },
    border: { display: false },
    ticks: {
      ...words,
      maxTicksLimit: kind === 'rows' ? 4 : 6,
      padding: 8,
      callback: (value: string | number) => money(Math.round(Number(value)), currency, { round: true }),
    },
  };
  const names = {
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
