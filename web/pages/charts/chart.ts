import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from 'chart.js';
import { html, LitElement, type PropertyValues } from 'lit';
import { configurationFor, type ColourName, type Colours, type Drawing } from './configuration.ts';

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
);

/** A chart on a canvas, in the page's colours. The same figures are in a table below it. */
export class ChartView extends LitElement {
  static override properties = { drawing: { attribute: false } };
  declare drawing: Drawing;
  #chart: Chart | null = null;
  readonly #scheme = window.matchMedia('(prefers-color-scheme: dark)');
  readonly #repaint = () => this.#draw();

  override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#scheme.addEventListener('change', this.#repaint);
    if (this.hasUpdated) this.#draw();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#scheme.removeEventListener('change', this.#repaint);
    this.#chart?.destroy();
    this.#chart = null;
  }

  override render() {
    return html`<canvas role="img" aria-label=${this.drawing.label}></canvas>`;
  }

  override updated(_changed: PropertyValues<this>): void {
    this.#draw();
  }

  #draw(): void {
    const canvas = this.querySelector('canvas');
    if (!canvas) return;
    const configuration = configurationFor(this.drawing, coloursOf(this));
    // Only a chart of the same kind can be updated in place.
    if (this.#chart && kindOf(this.#chart.config) === configuration.type) {
      this.#chart.data = configuration.data;
      this.#chart.options = configuration.options ?? {};
      this.#chart.update();
    } else {
      this.#chart?.destroy();
      this.#chart = new Chart(canvas, configuration);
    }
  }
}

/** The colours of the page as they are at an element, in the theme that is on. */
function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  const read = (name: ColourName) => style.getPropertyValue(name).trim();
  return {
    main: read('--accent'),
    wash: read('--wash'),
    past: read('--edge'),
    line: read('--line'),
    text: read('--soft'),
    surface: read('--surface'),
    font: style.fontFamily,
    named: read,
  };
}

function kindOf(config: Chart['config']): string | null {
  return 'type' in config ? config.type : null;
}

customElements.define('mb-chart', ChartView);
