import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { ShapeReport } from '../monzo/shape.ts';
import type { Shapes } from '../store/bridge-records.ts';

/** Stores and logs each unexpected format once while the program runs; a page full of them costs one write. */
export function shapeReporter(shapes: Shapes, clock: Clock, log: Log): ShapeReport {
  const told = new Set<string>();
  return (shape) => {
    const { where, path, expected, got } = shape;
    const fingerprint = JSON.stringify([where, path, expected, got]);
    if (told.has(fingerprint)) return;
    told.add(fingerprint);
    shapes.note(shape, clock.now());
    const sentence = 'Monzo returned an unexpected format. Fields that could not be read were ignored.';
    log.info(sentence, { where, path, expected, got });
  };
}
