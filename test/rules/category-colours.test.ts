import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { colourNameOf, lookOf, looks } from '../../web/parts/category.ts';
import { readProjectFile } from './files.ts';

type Theme = ReadonlyMap<string, string>;

/** The custom properties of a style sheet: those of the light theme, and those that the dark one has in their place. */
function themesOf(...paths: readonly string[]): readonly [light: Theme, dark: Theme] {
  const sheets = paths.map((path) =>
    readProjectFile(path).split('@media screen and (prefers-color-scheme: dark)'),
  );
  const propertiesIn = (text: string) =>
    Array.from(
      text.matchAll(/(--[\w-]+): (#[\da-f]{6});/g),
      ([, name = '', value = '']) => [name, value] as const,
    );
  const light = new Map(sheets.flatMap(([before = '']) => propertiesIn(before)));
  const dark = sheets.flatMap(([, after = '']) => propertiesIn(after.split('\n}\n')[0] ?? ''));
  return [light, new Map([...light, ...dark])];
}

const channels = (hex: string) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));

/** Relative luminance, as WCAG 2.2 defines it. */
function luminance(rgb: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = rgb.map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: readonly number[], other: readonly number[]): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** `.mark` mixes its ground like this. */
function mixed(colour: string, into: string, part: number): readonly number[] {
  const ground = channels(into);
  return channels(colour).map((channel, index) => channel * part + (ground[index] ?? 0) * (1 - part));
}

describe('the colours of categories', () => {
  const sheet = 'web/styles/categories.css';
  const part = Number(/color-mix\(in srgb, var\(--look\) (\d+)%/.exec(readProjectFile(sheet))?.[1]) / 100;
  const themes = themesOf('web/styles/theme.css', sheet);

  for (const [index, name] of ['light', 'dark'].entries())
    it(`are legible on every ground of the ${name} theme`, () => {
      const theme = themes[index] ?? new Map<string, string>();
      const colourOf = (property: string) => {
        const colour = theme.get(property);
        assert.ok(colour !== undefined, `${property} is missing`);
        return colour;
      };
      assert.ok(part > 0 && part < 0.3);
      for (const look of looks) {
        const colour = colourOf(colourNameOf(look));
        for (const ground of ['--surface', '--ground', '--sunken']) {
          const ratio = contrast(channels(colour), channels(colourOf(ground)));
          assert.ok(ratio >= 4.5, `${look} on ${ground}: ${ratio.toFixed(2)}`);
        }
        const onItsOwn = contrast(channels(colour), mixed(colour, colourOf('--surface'), part));
        assert.ok(onItsOwn >= 4.5, `${look} on its own ground: ${onItsOwn.toFixed(2)}`);
      }
    });

  it('are another one for each category, in both themes', () => {
    for (const theme of themes)
      assert.equal(new Set(looks.map((look) => theme.get(colourNameOf(look)))).size, looks.length);
    const [light, dark] = themes;
    for (const look of looks) assert.notEqual(light.get(colourNameOf(look)), dark.get(colourNameOf(look)));
  });

  it('have a class each, which gives a sign its colour', () => {
    const text = readProjectFile(sheet);
    for (const look of looks) {
      const name = look.replaceAll('_', '-');
      assert.ok(text.includes(`.look-${name} {\n  --look: var(--category-${name});\n}`), look);
    }
  });

  it('are there for every category, also for those of people and of tomorrow', () => {
    assert.equal(lookOf('eating_out'), 'eating_out');
    assert.equal(lookOf('category_0000ABC'), 'custom');
    assert.equal(lookOf('mondo'), 'income');
    for (const other of ['', 'pets', 'constructor', '__proto__']) assert.equal(lookOf(other), 'general');
  });
});
