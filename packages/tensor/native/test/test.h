// The C++ tests: LLM_TEST(Name) { ... LLM_EXPECT(condition, "text"); }. The program prints failures and exits 1.
#pragma once

#include <string>

namespace llm {

using TestFunction = void (*)();

struct TestRegistrar {
  TestRegistrar(const char* name, TestFunction function);
};

// Records a failure of the running test.
void FailTest(const char* file, int line, const std::string& message);

}  // namespace llm

#define LLM_TEST(name)                                                  \
  static void name##Test();                                             \
  static const ::llm::TestRegistrar name##_test(#name, &name##Test);    \
  static void name##Test()

#define LLM_EXPECT(condition, message)                                          \
  do {                                                                          \
    if (!(condition)) ::llm::FailTest(__FILE__, __LINE__, std::string(message)); \
  } while (false)
