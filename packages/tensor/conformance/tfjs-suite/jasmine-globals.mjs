// Puts jasmine's globals (describe, it, expect, …) in place. It is imported before any spec, and
// before tfjs-core's jasmine_util, which loads jasmine on its own and must find this one.
import jasmineCore from 'jasmine-core';

jasmineCore.boot(jasmineCore);
