import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readProjectFile } from './files.ts';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** The packages a manifest asks for and a text does not name. A name inside a longer one does not count. */
function unexplained(manifest: Manifest, text: string): readonly string[] {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = manifest;
  const packages = { ...dependencies, ...devDependencies, ...optionalDependencies, ...peerDependencies };
  return Object.keys(packages).filter((name) => {
    const escaped = name.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
    return !new RegExp(`(?<![\\w@/-])${escaped}(?![\\w/-])`).test(text);
  });
}

describe('every dependency', () => {
  it('has its reason in the decision record', () => {
    const manifest = JSON.parse(readProjectFile('package.json')) as Manifest;
    assert.deepEqual(unexplained(manifest, readProjectFile('docs/decisions/dependencies.md')), []);
  });
});

describe('the checker of reasons', () => {
  const manifest = {
    dependencies: { mqtt: '5.0.0' },
    devDependencies: { '@types/node': '1.0.0', node: '1.0.0' },
  };

  it('finds a package without one', () => {
    assert.deepEqual(unexplained(manifest, '`mqtt` and `node`'), ['@types/node']);
  });

  it('does not take a longer name for a shorter one', () => {
    assert.deepEqual(unexplained(manifest, '`@types/node`, `mqtt-packet`'), ['mqtt', 'node']);
  });

  it('is content when all are named', () => {
    assert.deepEqual(unexplained(manifest, '`mqtt`, `@types/node`, node.'), []);
  });
});
