import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  array,
  assert as assertProperty,
  constantFrom,
  integer,
  oneof,
  property,
  string,
  stringMatching,
} from 'fast-check';
import mqttPacket from 'mqtt-packet';
import { mayAnswerTo, filterMatches } from './topics.ts';

test('filters match by the rules of MQTT', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['a/b', 'a/b', true],
    ['a/b', 'a/b/c', false],
    ['a/b/c', 'a/b', false],
    ['a/+', 'a/b', true],
    ['a/+', 'a/b/c', false],
    ['+/b', 'a/b', true],
    ['a/#', 'a/b/c', true],
    ['a/#', 'a', true],
    ['a/#', 'b/a', false],
    ['#', 'a/b', true],
    ['a/+/c', 'a//c', true],
  ];
  for (const [filter, topic, expected] of cases)
    assert.equal(filterMatches(filter, topic), expected, `${filter} ${topic}`);
});

const rules = { topics: { base: 'monzo', prefix: 'homeassistant' }, responsePrefix: 'node-red/answers' };

test('answers go below the bridge’s own response topic and the prefix of the setting, and nowhere else', () => {
  const cases: readonly (readonly [topic: string, isAllowed: boolean])[] = [
    ['monzo/bridge/response/mine', true],
    ['monzo/bridge/response/client/7', true],
    ['node-red/answers/1', true],
    ['node-red/answers/ü/✓', true],
    ['monzo/bridge/response', false],
    ['monzo/bridge/response/', false],
    ['monzo/bridge/responses/1', false],
    ['monzo/bridge/state', false],
    ['monzo/bridge/request/pot_transfer', false],
    ['node-red/answers', false],
    ['node-red/answers2/1', false],
    ['node-red/command', false],
    ['zigbee2mqtt/bridge/request/restart', false],
    ['', false],
  ];
  for (const [topic, isAllowed] of cases) assert.equal(mayAnswerTo(topic, rules), isAllowed, topic);
  assert.equal(mayAnswerTo('node-red/answers/1', { ...rules, responsePrefix: null }), false);
});

test('a prefix that holds the bridge’s or Home Assistant’s topics opens none of them', () => {
  const topics = { base: 'home/monzo', prefix: 'home/discovery' };
  for (const topic of ['home/monzo/bridge/state', 'home/monzo', 'home/discovery/device/monzo_1/config'])
    assert.equal(mayAnswerTo(topic, { topics, responsePrefix: 'home' }), false, topic);
  assert.equal(mayAnswerTo('home/others/1', { topics, responsePrefix: 'home' }), true);
  const status = { topics, responsePrefix: 'homeassistant' };
  assert.equal(mayAnswerTo('homeassistant/status', status), false);
});

const own = 'monzo/bridge/response/';

test('a topic that no broker would take is never used', () => {
  for (const rest of [
    '#',
    '+/1',
    'a+b',
    'nul\0',
    'line\n',
    '\u007F',
    '\uD800',
    '\uFFFD',
    '\uFFFE',
    'x'.repeat(250),
    'ü'.repeat(125),
    '/'.repeat(14),
  ])
    assert.equal(mayAnswerTo(own + rest, rules), false, JSON.stringify(rest));
  for (const topic of ['$SYS/broker/x', '$share/group/monzo/bridge/response/1', '$monzo/bridge/response/1'])
    assert.equal(mayAnswerTo(topic, { ...rules, responsePrefix: topic.split('/')[0] ?? '' }), false, topic);
});

/** What MQTT and Mosquitto demand of a topic that is published to, written down a second time. */
function isTaken(topic: string): boolean {
  const packet = mqttPacket.generate({
    cmd: 'publish',
    topic,
    payload: '',
    qos: 0,
    dup: false,
    retain: false,
  });
  const heard: string[] = [];
  const parser = mqttPacket.parser();
  parser.on('packet', (read: mqttPacket.Packet) => heard.push(read.cmd === 'publish' ? read.topic : ''));
  parser.parse(packet);
  const codes = Array.from(topic, (letter) => letter.codePointAt(0) ?? 0);
  return (
    heard[0] === topic &&
    codes.length > 0 &&
    codes.length <= 256 &&
    topic.split('/').length <= 128 &&
    codes.every((code) => code >= 0x20 && (code < 0x7f || code > 0x9f) && (code & 0xfffe) !== 0xfffe) &&
    !/^\$|[#+]/.test(topic)
  );
}

test('whatever is allowed can be published and stands below one of the two', () => {
  const anything = string({ unit: 'binary', maxLength: 40 });
  const halves = array(integer({ min: 0, max: 0xffff }), { maxLength: 20 });
  const broken = halves.map((units) => String.fromCharCode(...units));
  const plain = stringMatching(/^[a-z0-9/#+$]{0,30}$/);
  const roots = constantFrom('', own, 'node-red/answers/', 'monzo/', 'homeassistant/', '$SYS/', '/');
  let allowed = 0;
  assertProperty(
    property(roots, oneof(plain, anything, broken), (root, rest) => {
      const topic = root + rest;
      if (!mayAnswerTo(topic, rules)) return;
      allowed += 1;
      assert.ok(isTaken(topic), JSON.stringify(topic));
      assert.ok(topic.startsWith(own) || topic.startsWith('node-red/answers/'));
    }),
    { numRuns: 1_500 },
  );
  assert.ok(allowed > 50, `only ${allowed} were allowed`);
});
