import { describe, expect, it } from 'vitest';
import { chrf } from './chrf.ts';
import { classificationReport } from './classification-report.ts';
import { editDistance, errorRate } from './edit-distance.ts';
import { entityF1, entitySpans } from './entity-f1.ts';

describe('classificationReport', () => {
  it('counts precision, recall and F1 of each class', () => {
    // class 0: 1 of 2 predictions right, 1 of 2 found; class 1: 2 of 3 right, all 2 found;
    // class 2: never predicted
    const report = classificationReport([0, 1, 1, 0, 1], [0, 0, 1, 2, 1], 3);
    expect(report.accuracy).toBe(3 / 5);
    expect(report.classes[0]).toEqual({ precision: 0.5, recall: 0.5, f1: 0.5, support: 2 });
    expect(report.classes[1]).toEqual({ precision: 2 / 3, recall: 1, f1: 0.8, support: 2 });
    expect(report.classes[2]).toEqual({ precision: 0, recall: 0, f1: 0, support: 1 });
    expect(report.macroF1).toBeCloseTo((0.5 + 0.8) / 3, 12);
  });

  it('refuses lists that do not match, and classes that are not there', () => {
    expect(() => classificationReport([1], [1, 0], 2)).toThrow('got 1 for 2');
    expect(() => classificationReport([2], [1], 2)).toThrow('expected every class below 2, got 2');
  });
});

describe('entityF1', () => {
  it('reads entities from tags', () => {
    expect(entitySpans(['B-PER', 'I-PER', 'O', 'B-LOC', 'B-LOC', 'I-ORG'])).toEqual([
      { type: 'PER', start: 0, end: 2 },
      { type: 'LOC', start: 3, end: 4 },
      { type: 'LOC', start: 4, end: 5 },
      { type: 'ORG', start: 5, end: 6 }, // I- of another type begins one
    ]);
    expect(entitySpans(['I-LOC', 'I-LOC'])).toEqual([{ type: 'LOC', start: 0, end: 2 }]);
    expect(() => entitySpans(['PER'])).toThrow('expected O, B-TYPE or I-TYPE, got PER');
  });

  it('counts an entity as right only with both borders and the type', () => {
    const expected = [
      ['B-PER', 'I-PER', 'O', 'B-LOC'],
      ['B-ORG', 'O'],
    ];
    const predicted = [
      ['B-PER', 'O', 'O', 'B-LOC'], // a border wrong, one right
      ['B-LOC', 'O'], // the type wrong
    ];
    const report = entityF1(predicted, expected);
    expect(report.precision).toBeCloseTo(1 / 3, 12);
    expect(report.recall).toBeCloseTo(1 / 3, 12);
    expect(report.support).toBe(3);
    expect(report.types['LOC']).toEqual({ precision: 0.5, recall: 1, f1: 2 / 3, support: 1 });
    expect(report.types['PER']?.f1).toBe(0);
  });
});

describe('editDistance', () => {
  it('is the number of changes', () => {
    expect(editDistance([...'kitten'], [...'sitting'])).toBe(3); // k→s, e→i, +g
    expect(editDistance([], [...'abc'])).toBe(3);
    expect(editDistance([...'abc'], [...'abc'])).toBe(0);
  });

  it('makes an error rate of the nearest right answers', () => {
    const ways = [[[...'abcd'], [...'ax']], [[...'yz']]];
    expect(errorRate([[...'ab'], [...'yz']], ways)).toBe(1 / 4); // b→x; of 2 + 2 symbols
    expect(() => errorRate([['a']], [[]])).toThrow('expected at least one answer at 0');
  });
});

describe('chrf', () => {
  it('is 100 for the same text and 0 for another', () => {
    expect(chrf(['打开文件'], ['打开文件'])).toBeCloseTo(100, 10);
    expect(chrf(['甲'], ['乙'])).toBe(0);
  });

  it('is the F2 score of n-grams, spaces left out', () => {
    // "a b" against "abc": unigrams 2 of 2 and 2 of 3, bigrams 1 of 1 and 1 of 2, none longer.
    // P = 1, R = (2/3 + 1/2) / 2 = 7/12; F2 = 5·P·R / (4·P + R)
    expect(chrf(['a b'], ['abc'])).toBeCloseTo((100 * 5 * (7 / 12)) / (4 + 7 / 12), 10);
  });
});
