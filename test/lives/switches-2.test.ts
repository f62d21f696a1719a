import { testSwitches } from '../support/scenario.ts';

testSwitches(1);
