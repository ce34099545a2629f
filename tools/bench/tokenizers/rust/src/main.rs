//! The peers of Rust: bpe-openai and kitoken; the protocol of contestant-protocol.mjs. One thread.
use std::collections::HashMap;
use std::fs;
use std::io::{self, BufRead, Write};
use std::time::Instant;

use kitoken::Kitoken;
use serde_json::{json, Value};

/// One run of a slow contestant takes about this long.
const SECONDS: f64 = 0.25;

trait Tokenize {
    fn encode(&self, text: &str) -> Vec<u32>;
    /// The length of the text in bytes.
    fn decode(&self, ids: &[u32]) -> usize;
}

impl Tokenize for &bpe_openai::Tokenizer {
    fn encode(&self, text: &str) -> Vec<u32> {
        bpe_openai::Tokenizer::encode(self, text)
    }
    fn decode(&self, ids: &[u32]) -> usize {
        String::from_utf8(self.bpe.decode_tokens(ids)).map_or(0, |text| text.len())
    }
}

impl Tokenize for Kitoken {
    fn encode(&self, text: &str) -> Vec<u32> {
        Kitoken::encode(self, text, false).expect("encodes")
    }
    fn decode(&self, ids: &[u32]) -> usize {
        String::from_utf8(Kitoken::decode(self, ids, false).expect("decodes")).map_or(0, |text| text.len())
    }
}

fn make(settings: &Value) -> Box<dyn Tokenize> {
    let [folder, vocabulary, library] =
        ["folder", "vocabulary", "library"].map(|key| settings[key].as_str().expect("a string"));
    if library == "bpe-openai" {
        return Box::new(match vocabulary {
            "cl100k" => bpe_openai::cl100k_base(),
            _ => bpe_openai::o200k_base(),
        });
    }
    let path = format!("{folder}/{vocabulary}");
    let is_piece = vocabulary == "unigram" || vocabulary == "spbpe";
    Box::new(if is_piece {
        Kitoken::from_sentencepiece_file(format!("{path}.model")).expect("a model")
    } else {
        Kitoken::from_tokenizers_file(format!("{path}.json")).expect("a tokenizer.json")
    })
}

fn timed(mut action: impl FnMut()) -> f64 {
    let start = Instant::now();
    action();
    start.elapsed().as_secs_f64()
}

/// As many of the first documents as are done in the time.
fn share(documents: Vec<String>, tokenizer: &dyn Tokenize) -> Vec<String> {
    let mut left = SECONDS;
    let mut count = 0;
    while count < documents.len() && left > 0.0 {
        left -= timed(|| drop(tokenizer.encode(&documents[count])));
        count += 1;
    }
    documents.into_iter().take(count).collect()
}

struct Corpus {
    tokenizer: Box<dyn Tokenize>,
    part: Vec<String>,
    ids: Vec<Vec<u32>>,
}

fn prepare(settings: &Value, name: &str) -> Corpus {
    let path = format!("{}/{name}.json", settings["folder"].as_str().expect("a folder"));
    let halves: HashMap<String, Vec<String>> =
        serde_json::from_str(&fs::read_to_string(path).expect("a corpus")).expect("documents");
    let tokenizer = make(settings);
    let [seen, unseen] = ["seen", "unseen"].map(|half| halves[half].clone());
    share(seen, &*tokenizer);
    let part = share(unseen, &*tokenizer);
    let ids = part.iter().map(|text| tokenizer.encode(text)).collect();
    Corpus { tokenizer, part, ids }
}

fn main() {
    let settings: Value = serde_json::from_str(&std::env::args().nth(1).expect("settings")).expect("JSON");
    let mut prepared: HashMap<String, Corpus> = HashMap::new();
    println!("ready");
    for line in io::stdin().lock().lines() {
        let line = line.expect("a line");
        let words: Vec<&str> = line.split(' ').collect();
        let (task, name) = (words[1], words[2]);
        let (seconds, work) = if task == "load" {
            (timed(|| drop(make(&settings).encode("x"))), 1)
        } else {
            let corpus = prepared.entry(name.to_string()).or_insert_with(|| prepare(&settings, name));
            if task == "decode" {
                let seconds = timed(|| corpus.ids.iter().for_each(|ids| {
                    std::hint::black_box(corpus.tokenizer.decode(ids));
                }));
                (seconds, corpus.ids.iter().map(Vec::len).sum())
            } else {
                let seconds = timed(|| corpus.part.iter().for_each(|text| drop(std::hint::black_box(corpus.tokenizer.encode(text)))));
                (seconds, corpus.part.iter().map(String::len).sum::<usize>())
            }
        };
        println!("{}", json!({ "seconds": seconds, "work": work }));
        io::stdout().flush().expect("flushes");
    }
}
