import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { run } from './processes.ts';
import type { Command } from './processes.ts';

/**
 * What a small Home Assistant with MQTT imports. The mqtt integration imports nearly every entity platform, so
 * integrations that nobody configures here (voice, cameras, cloud) are needed all the same.
 */
const INTEGRATIONS = [
  'frontend mqtt automation script scene person webhook history recorder logbook',
  'analytics application_credentials backup hardware labs logger network system_health',
  'tag zone input_boolean input_button input_datetime input_number input_select input_text',
  'counter schedule timer config api auth websocket_api onboarding http',
  'persistent_notification device_automation event sensor blueprint image_upload conversation',
  'homeassistant_alerts diagnostics repairs ffmpeg camera stream hassio infrared',
  'radio_frequency tts stt assist_pipeline assist_satellite ai_task image_processing',
  'cloud mobile_app my',
].flatMap((line) => line.split(' '));

/** Two packages that only serve voice and need a C++ compiler: the name of the class Home Assistant imports. */
const STAND_INS: Readonly<Record<string, { module: string; name: string }>> = {
  'pymicro-vad': { module: 'pymicro_vad', name: 'MicroVad' },
  'pyspeex-noise': { module: 'pyspeex_noise', name: 'AudioProcessor' },
};

const manifestSchema = z.object({
  dependencies: z.array(z.string()).default([]),
  requirements: z.array(z.string()).default([]),
});

interface Environment {
  readonly version: string;
  /** The virtual environment, as this process sees it. */
  readonly environment: string;
  readonly pip: (args: readonly string[]) => Command;
  /** How Home Assistant's side calls a path of ours. */
  readonly inside: (path: string) => string;
  readonly log: (step: string) => void;
}

/** Installs Home Assistant and all its integrations' requirements into a virtual environment. */
export async function fillEnvironment({
  version,
  environment,
  pip,
  inside,
  log,
}: Environment): Promise<void> {
  log(`fetching Home Assistant ${version}`);
  await run(pip(['install', '-q', '--no-deps', `homeassistant==${version}`]));
  const packages = await sitePackages(environment);
  const home = join(packages, 'homeassistant');
  const requirements = await collectRequirements(home);
  const list = join(environment, 'requirements.txt');
  await writeFile(list, [`homeassistant==${version}`, ...requirements, ''].join('\n'));
  log(`installing it with ${requirements.length} requirements of its integrations (about two minutes)`);
  const constraints = inside(join(home, 'package_constraints.txt'));
  await run(pip(['install', '-q', '--prefer-binary', '-r', inside(list), '-c', constraints]));
  await run(pip(['cache', 'purge'])).catch(() => undefined);
  await rm(list);
  for (const { module, name } of Object.values(STAND_INS)) {
    await writeFile(join(packages, `${module}.py`), `class ${name}:\n    def __init__(self, *args): pass\n`);
  }
}

async function sitePackages(environment: string): Promise<string> {
  const versions = await readdir(join(environment, 'lib'));
  const python = versions.find((name) => name.startsWith('python3'));
  if (python === undefined) throw new Error(`No Python below ${environment}.`);
  return join(environment, 'lib', python, 'site-packages');
}

/** The requirements of the wanted integrations and of all they depend on, from Home Assistant's own manifests. */
async function collectRequirements(home: string): Promise<readonly string[]> {
  const seen = new Set<string>();
  const wanted = [...INTEGRATIONS];
  const requirements = new Set<string>();
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const text = await readFile(join(home, 'components', name, 'manifest.json'), 'utf8');
    const manifest = manifestSchema.parse(JSON.parse(text));
    wanted.push(...manifest.dependencies);
    for (const requirement of manifest.requirements) requirements.add(requirement);
  }
  return [...requirements].filter((line) => !(packageName(line) in STAND_INS)).sort();
}

function packageName(requirement: string): string {
  return requirement.split(/[=<>[;~! ]/)[0]?.toLowerCase() ?? '';
}
