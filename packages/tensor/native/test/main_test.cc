// Runs every LLM_TEST that was linked in.
#include <cstdio>
#include <vector>

#include "test/test.h"

namespace llm {
namespace {

struct Test {
  const char* name;
  TestFunction function;
};

std::vector<Test>& Tests() {
  static std::vector<Test> tests;
  return tests;
}

int failures = 0;

}  // namespace

TestRegistrar::TestRegistrar(const char* name, TestFunction function) { Tests().push_back({name, function}); }

void FailTest(const char* file, int line, const std::string& message) {
  ++failures;
  std::fprintf(stderr, "  %s:%d: %s\n", file, line, message.c_str());
}

}  // namespace llm

int main() {
  for (const llm::Test& test : llm::Tests()) {
    const int before = llm::failures;
    test.function();
    std::printf("%s %s\n", llm::failures == before ? "ok  " : "FAIL", test.name);
  }
  return llm::failures == 0 ? 0 : 1;
}
