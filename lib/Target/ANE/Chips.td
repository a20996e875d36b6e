//===- Chips.td - Generations and chips -*- tablegen -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//===----------------------------------------------------------------------===//
// Generations
//===----------------------------------------------------------------------===//

class SmallAxes<Origin origin> : LimitValue<MaxAxis, 16384, origin>;
class LargeAxes<Origin origin> : LimitValue<MaxAxis, 65536, origin>;
class SmallKernels<Origin origin> : LimitValue<ConvKernelWidth, 13, origin>;
class LargeKernels<Origin origin> : LimitValue<ConvKernelWidth, 15, origin>;

def H10 : Generation<"before-H11">;
def H11 : Generation<"H11"> {
  let cpuSubtype = 1;
  let descriptorVersion = 5;
}
def H12 : Generation<"H12"> {
  let cpuSubtype = 3;
  let descriptorVersion = 6;
  let limits = [SmallAxes<Measured>, SmallKernels<Measured>];
}
def H13 : Generation<"H13"> {
  let cpuSubtype = 4;
  let descriptorVersion = 7;
  let limits = [SmallAxes<Measured>, SmallKernels<Measured>];
}
def H14 : Generation<"H14"> {
  let cpuSubtype = 5;
  let descriptorVersion = 11;
  let limits = [SmallAxes<Measured>, SmallKernels<Assumed>];
}
def H15 : Generation<"H15"> {
  let cpuSubtype = 6;
  let descriptorVersion = 8;
  let limits = [LargeAxes<Measured>, LargeKernels<Measured>];
}
def H16 : Generation<"H16"> {
  let cpuSubtype = 7;
  let descriptorVersion = 17;
  let limits = [LargeAxes<Measured>, LargeKernels<Measured>];
  let note = "variants g, c, s";
}
def H17 : Generation<"H17"> {
  let cpuSubtype = 9;
  let descriptorVersion = 19;
  let limits = [LargeAxes<Assumed>, LargeKernels<Measured>];
  let note =
      "variants a, g, s, c, d; one source has version 20 of task descriptors "
      "where tables of the compiler say 19";
}
def H18 : Generation<"H18"> {
  let cpuSubtype = 10;
  let descriptorVersion = 20;
  let limits = [LargeAxes<Assumed>, LargeKernels<Measured>];
}
def H18g : Generation<"H18g"> {
  let cpuSubtype = 11;
  let descriptorVersion = 24;
  let limits = [LargeAxes<Assumed>, LargeKernels<Measured>];
  let note = "H19 may be another name of it";
}
def M9 : Generation<"M9"> {
  let cpuSubtype = 0;
  let descriptorVersion = 5;
  let note = "watches and companion cores; M10 shares subtype and version";
}
def T0 : Generation<"T0"> {
  let cpuSubtype = 2;
  let descriptorVersion = 4;
  let note = "companion core";
}
def M11 : Generation<"M11"> {
  let cpuSubtype = 8;
  let descriptorVersion = 10;
  let note = "watches and companion cores";
}

//===----------------------------------------------------------------------===//
// Chips
//===----------------------------------------------------------------------===//

class Tops<string value, Origin origin = Announced, string note = "">
    : FigureValue<TopsAnnounced, value, origin, [], note>;
class Figured<Figure figure, string value, list<Source> sources,
              string note = "">
    : FigureValue<figure, value, Measured, sources, note>;

class PhoneChip<string name, Generation generation, int chipCores>
    : Chip<name, generation> {
  let cores = chipCores;
  let engines = 1;
}
class DesktopChip<string name, Generation generation>
    : Chip<name, generation> {
  let cores = 16;
  let engines = 1;
}
class UltraChip<string name, Generation generation>
    : Chip<name, generation> {
  let cores = 32;
  let engines = 2;
}

def A11 : PhoneChip<"A11", H10, 2> { let figures = [Tops<"0.6">]; }
def A12 : PhoneChip<"A12", H11, 8> { let figures = [Tops<"5">]; }
def A13 : PhoneChip<"A13", H12, 8> { let figures = [Tops<"6", Recalled>]; }

def A14 : PhoneChip<"A14", H13, 16> { let figures = [Tops<"11">]; }
def M1 : DesktopChip<"M1", H13> {
  let figures = [
    Tops<"11">,
    Figured<HalfTeraflops, "12", [AneForge], "slope of a fit">,
    Figured<ClockGigahertz, "1.14", [AneForge]>,
    Figured<WeightBandwidth, "51", [AneForge], "memory gives 85">,
    Figured<ActivationBandwidth, "24", [AneForge]>,
    Figured<DispatchTime, "190", [AneForge, MilHwx],
            "macOS, of which 130 firmware; under Linux 66 for a 64×64 product "
            "and 166 to 178 for a vector of 256 by 512 or softmax of 512">,
    Figured<StreamingKnee, "2.3", [StudyM6, AneForge]>,
  ];
}
def M1Pro : DesktopChip<"M1 Pro", H13> {
  let figures = [Tops<"11">];
  let note = "148 to 163 ms a step of a training program";
}
def M1Max : DesktopChip<"M1 Max", H13> { let figures = [Tops<"11">]; }
def M1Ultra : UltraChip<"M1 Ultra", H13> {
  let limits = [LimitValue<ProgramBytes, 1073741824, Measured,
                           "banks of about 1 GiB were seen">];
  let figures = [Tops<"22", Recalled>];
}

def A15 : PhoneChip<"A15", H14, 16> { let figures = [Tops<"15.8">]; }
def M2 : DesktopChip<"M2", H14> {
  let figures = [Tops<"15.8">];
  let note = "streams int8, int4 and sparse weights, not in blocks";
}
def M2Pro : DesktopChip<"M2 Pro", H14> { let figures = [Tops<"15.8">]; }
def M2Max : DesktopChip<"M2 Max", H14> { let figures = [Tops<"15.8">]; }
def M2Ultra : UltraChip<"M2 Ultra", H14> {
  let figures = [Tops<"31.6", Recalled>];
}

def A16 : PhoneChip<"A16", H15, 16> { let figures = [Tops<"17", Recalled>]; }
def M3 : DesktopChip<"M3", H15> { let figures = [Tops<"18", Recalled>]; }
def M3Pro : DesktopChip<"M3 Pro", H15> {
  let figures = [
    Tops<"18", Recalled>,
    Figured<HalfTeraflops, "16.77", [Maderix],
            "at a spatial extent of 2048; 9.98 at 64, 15.04 over 5 s">,
  ];
}
def M3Max : DesktopChip<"M3 Max", H15> {
  let limits = [LimitValue<ProgramBytes, 7860000000, Measured,
                           "one report of 7.86 GB">];
  let figures = [
    Tops<"18", Recalled>,
    Figured<DispatchTime, "95", [SwiftRuntime]>,
  ];
}

def A17Pro : PhoneChip<"A17 Pro", H16, 16> {
  let aliases = ["A17"];
  let figures = [Tops<"35", Recalled>];
}
def M4 : DesktopChip<"M4", H16> {
  let figures = [
    Tops<"38", Announced, "int8">,
    Figured<HalfTeraflops, "18.7", [Maderix, MilHwx],
            "18.6 to 18.77 in 128 convolutions of 512 channels at 64×64; a "
            "single product of matrices gives about 30 % of it">,
    Figured<ByteTeraops, "35.1", [Maderix], "int8 weights and activations">,
    Figured<DispatchTime, "90", [Maderix], "of the host">,
    Figured<Power, "4.57", [Maderix], "at 18.77 TFLOPS">,
  ];
}
def M4Pro : DesktopChip<"M4 Pro", H16> {
  let figures = [
    Tops<"38", Announced, "int8">,
    Figured<HalfTeraflops, "12.57", [Maderix],
            "another benchmark than that of M4">,
  ];
}
def M4Max : DesktopChip<"M4 Max", H16> {
  let figures = [
    Tops<"38", Announced, "int8">,
    Figured<HalfTeraflops, "10.93", [Maderix],
            "another benchmark than that of M4">,
  ];
}

def A18 : PhoneChip<"A18", H17, 16> { let figures = [Tops<"35", Recalled>]; }
def M5 : DesktopChip<"M5", H17> {
  let figures = [
    Figured<HalfTeraflops, "12.3", [Maderix],
            "12.2 to 12.4, in the benchmark of M4 Pro and Max">,
    Figured<ClockGigahertz, "1.89", [AneForge]>,
    Figured<WeightBandwidth, "145", [AneForge]>,
    Figured<ActivationBandwidth, "24", [AneForge]>,
    Figured<DispatchTime, "80", [Maderix, AneForge], "70 to 93">,
    Figured<StreamingKnee, "4.7", [StudyM6, AneForge]>,
  ];
}
def M5Pro : DesktopChip<"M5 Pro", H17> {
  let figures = [
    Figured<HalfTeraflops, "18.8", [AneForge],
            "convolutions; products of matrices 10.2">,
    Figured<DispatchTime, "75", [AneForge,
            Page<"https://github.com/aosama/astronomical/issues/540">],
            "74 to 76 by a fit; others have 100 to 230">,
    Figured<Power, "2", [AneForge]>,
  ];
}

def A19 : Chip<"A19", H18> {
  let engines = 1;
  let note = "that it is of this generation is a guess";
}
def A20 : Chip<"A20", H18g> {
  let note = "that it is of this generation is a guess";
}
def M6 : UltraChip<"M6", H18g> {
  let figures = [
    Figured<HalfTeraflops, "20.6", [StudyM6], "one engine; both give 39.5">,
    Figured<ByteTeraops, "62", [StudyM6],
            "int8 weights and activations, kernels of 3×3, one engine">,
    Figured<ClockGigahertz, "2.58", [StudyM6],
            "0.852 after 400 us without work">,
    Figured<WeightBandwidth, "150", [StudyM6], "shared by both engines">,
    Figured<ActivationBandwidth, "37", [StudyM6],
            "35 to 40 for each engine">,
    Figured<DispatchTime, "160", [StudyM6],
            "30 to submit, 130 to 325 until it is done; 0.013 at most for each "
            "layer">,
    Figured<Power, "10.8", [StudyM6], "both engines; one 6.2">,
  ];
}
