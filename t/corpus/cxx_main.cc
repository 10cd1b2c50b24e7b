// SPDX-License-Identifier: GPL-3.0-or-later
// A user of yaml-cpp with templates, lambdas, exceptions and virtual calls of its own: counts a pattern's matches in
// the scalars of a YAML document.
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <stdexcept>
#include <string>
#include <vector>

#include "yaml-cpp/yaml.h"

namespace {

struct Matcher {
  virtual ~Matcher() = default;
  virtual int count(const std::string &text) const = 0;
};

struct PlainMatcher : Matcher {
  explicit PlainMatcher(const std::string &pattern) : what_(pattern) {
    if (what_.empty()) throw std::invalid_argument("empty pattern");
  }
  int count(const std::string &text) const override {
    int n = 0;
    for (size_t at = 0; (at = text.find(what_, at)) != std::string::npos; at += what_.size()) n++;
    return n;
  }
  std::string what_;
};

struct StdMatcher : Matcher {
  explicit StdMatcher(const std::string &pattern) : re_(pattern) {}
  int count(const std::string &text) const override {
    return static_cast<int>(std::distance(std::sregex_iterator(text.begin(), text.end(), re_), std::sregex_iterator()));
  }
  std::regex re_;
};

template <class Key, class Value, class Compare = std::less<Key>>
struct Ranking {
  std::map<Key, Value, Compare> counts;
  std::vector<std::pair<Key, Value>> top(size_t n) const {
    std::vector<std::pair<Key, Value>> v(counts.begin(), counts.end());
    std::stable_sort(v.begin(), v.end(), [](const auto &a, const auto &b) { return a.second > b.second; });
    v.resize(std::min(n, v.size()));
    return v;
  }
};

template <class M>
std::unique_ptr<Matcher> make(const std::string &pattern) {
  return std::make_unique<M>(pattern);
}

// Every scalar below a node, depth first, handed to `visit` with its path.
template <class Visit>
void walk(const YAML::Node &node, const std::string &path, const Visit &visit) {
  if (node.IsMap())
    for (const auto &kv : node) walk(kv.second, path + '/' + kv.first.as<std::string>(), visit);
  else if (node.IsSequence())
    for (const auto &item : node) walk(item, path + "/-", visit);
  else if (node.IsScalar())
    visit(path, node.as<std::string>());
}

}  // namespace

int main(int argc, char **argv) {
  const std::string pattern = argc > 1 ? argv[1] : "o";
  try {
    std::vector<std::unique_ptr<Matcher>> matchers;
    matchers.push_back(make<PlainMatcher>(pattern));
    matchers.push_back(make<StdMatcher>(pattern));
    Ranking<std::string, int, std::greater<std::string>> ranking;
    walk(YAML::Load(std::cin), "", [&](const std::string &path, const std::string &text) {
      for (const auto &m : matchers) ranking.counts[path] += m->count(text);
    });
    YAML::Emitter out;
    out << YAML::BeginMap;
    for (const auto &[text, n] : ranking.top(10)) out << YAML::Key << text << YAML::Value << n;
    out << YAML::EndMap;
    std::cout << out.c_str() << '\n';
  } catch (const std::exception &e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
}
