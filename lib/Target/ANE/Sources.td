//===- Sources.td - Where facts come from -*- tablegen -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

def SwiftRuntime : Source<"https://github.com/christopherkarani/Espresso",
    "direct runtime and text generators in Swift, M3 Max, macOS 15">;
def Maderix : Source<"https://github.com/maderix/ANE",
    "training and probes in Objective-C, M1 to M5">;
def Orion : Source<"https://github.com/mechramc/Orion",
    "graph compiler in C and Objective-C, M4 Max; arXiv 2603.06728">;
def AneForge : Source<"https://github.com/sbryngelson/ANEForge",
    "direct compiler in Python with a table of targets; arXiv 2606.17090, "
    "2606.22283">;
def FieldGuide : Source<
    "https://github.com/skyfallsin/apple-neural-engine-field-guide",
    "field guide with probe programs">;
def AneLm : Source<"https://github.com/johnmai-dev/ANE-LM",
    "runtime for language models in C++ on the private interface">;
def StudyM6 : Source<
    "https://github.com/751K/Apple-Neural-Engine-Microarchitecture-Study-M6",
    "study of the micro-architecture, M6 and some M4">;
def MilHwx : Source<"https://github.com/joshuaswarren/mil-hwx-compiler",
    "compiler from MIL to task descriptors, H13, H14, H16G">;
def LinuxAne : Source<"https://github.com/allbilly/ane",
    "register programming of M1 under Linux">;
def CoreMLTools : Source<"https://github.com/apple/coremltools",
    "the public converter of the maker and its issue tracker">;
def CoreAIModels : Source<"https://github.com/apple/coreai-models",
    "models and authoring guide of the maker, 2026">;
def CoreAI : Source<"https://developer.apple.com/core-ai/",
    "documentation of the maker, 2026">;
def Hollance : Source<"https://github.com/hollance/neural-engine",
    "older survey of what leaves the engine">;
def StableHLO : Source<"https://github.com/kasper0406/stablehlo-coreml/pull/110",
    "work-around for a slow case of data transfer">;
def Transformers : Source<"https://github.com/apple/ml-ane-transformers",
    "the maker's recipe for transformers, 2022">;
