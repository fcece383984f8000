"""The steps of xcodebuild: a word at the start of a line, then arguments; below it, indented, its commands."""

from __future__ import annotations

from typing import Final

from millstream.output.lines.categories import Phase
from millstream.output.steps.step import Reach, Step

_WORDS: Final = {
    Phase.RESOLVE: "ResolvePackageGraph",
    Phase.PREPARE: (
        "ClangStatCache ComputePackagePrebuildTargetDependencyGraph ComputeTargetDependencyGraph"
        " ConstructStubExecutorLinkFileList CreateBuildDescription CreateBuildDirectory CreateBuildOperation"
        " CreateBuildRequest GatherProvisioningInputs MkDir ProcessXCFramework"
        " SendProjectDescription SymLink Touch WriteAuxiliaryFile"
    ),
    Phase.COMPILE: (
        "Analyze AnalyzeShallow CompileC CompileMetalFile CompileSwift CompileSwiftSources EmitSwiftModule Lex"
        " MergeSwiftModule Mig PrecompileModule PrecompileSwiftBridgingHeader Preprocess ProcessPCH ProcessPCH++"
        " ProcessSDKImports ScanDependencies SwiftCodeGeneration SwiftCompile SwiftDriver SwiftDriver\\"
        " SwiftDriverJobDiscovery SwiftEmitModule SwiftExplicitDependencyCompileModuleFromInterface"
        " SwiftExplicitDependencyGeneratePcm SwiftGeneratePch SwiftMergeGeneratedHeaders SwiftMergeModule"
        " VerifyModule Yacc"
    ),
    Phase.LINK: "CreateUniversalBinary GenerateTAPI GenerateTBD Ld Libtool Lipo MetalLink SwiftAutolinkExtract",
    Phase.RESOURCE: (
        "AppIntentsSSUTraining CompileAssetCatalog CompileAssetCatalogVariant CompileDTraceScript"
        " CompileSceneKitShaders CompileStoryboard CompileXCStrings CompileXIB ConvertIconsetFile Copy CopyPlistFile"
        " CopyPNGFile CopySceneKitAssets CopyStringsFile CopySwiftLibs CopyTiffFile CoreMLModelCodegen"
        " CoreMLModelCompile CpHeader CpResource DataModelCodegen DataModelCompile DataModelVersionCompile Ditto"
        " ExtractAppIntentsMetadata GenerateAssetSymbols IntentDefinitionCodegen IntentDefinitionCompile"
        " LinkAssetCatalog LinkStoryboards MappingModelCompile MomcCompile PBXCp ProcessInfoPlistFile"
        " ProcessSpriteKitImage TiffUtil"
    ),
    Phase.SCRIPT: "ExternalBuildToolExecution PhaseScriptExecution RuleScriptExecution",
    Phase.CODESIGN: "CodeSign ProcessProductPackaging ProcessProductPackagingDER RegisterExecutionPolicyException",
    Phase.PACKAGE: "GenerateDSYMFile SetMode SetOwnerAndGroup Strip Validate ValidateEmbeddedBinary",
    Phase.INSTALL: "RegisterWithLaunchServices",
    Phase.DOCS: "BuildDocumentation CompileDocumentation",
    Phase.CLEAN: "Clean.Remove",
}
_COMMON_WORDS: Final = frozenset(  # that other output begins with, too
    ("Analyze", "Copy", "Ditto", "Ld", "Lex", "Lipo", "Mig", "Preprocess", "Strip", "Touch", "Validate", "Yacc")
)


def _step(phase: Phase) -> Step:
    return Step(phase, Reach.SECTION if phase is Phase.SCRIPT else Reach.BLOCK, prints_commands=True)


_STEPS: Final = {word: _step(phase) for phase, words in _WORDS.items() for word in words.split()}
_UNKNOWN: Final = Step(None, Reach.BLOCK, prints_commands=True)


def find_xcode_step(text: str) -> Step | None:
    """Return the step of xcodebuild that `text`, which begins with a capital, begins; None where it is none.

    What a script of the project prints may contain blank lines: it goes on up to the next step.
    """
    word = text.partition(" ")[0]
    step = _STEPS.get(word)
    if step is None:
        return _UNKNOWN if " (in target '" in text and word.isalpha() else None
    if word in _COMMON_WORDS and text[len(word) : len(word) + 2] != " /" and " (in target '" not in text:
        return None
    return step
